/** Introduces pictures that a model drew when they are sent back as the user's, for formats without pictures in an assistant's message. */
export const IMAGES_DRAWN = 'The images of the answer above:';
