/** Introduce pictures as the user's, for formats where nobody else may send any: those that a model drew, and those that a tool gave back. */
export const IMAGES_DRAWN = 'The images of the answer above:';
export const IMAGES_GIVEN = 'The images that the tool gave back:';
