/** Goes before pictures of a model that draws, where they are the user's: they have no place beside what an assistant said. */
export const IMAGES_DRAWN = 'The images of the answer above:';
