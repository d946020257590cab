/** What stands for results of tools that a client has lost, and before those whose calls it has lost. */
export const NO_RESULT = 'No result was given.';
export const RESULT_ALONE = 'The result of a tool that was called earlier:';
