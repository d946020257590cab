// The files that a form brings along, as a call takes them.

const chosenOf = (form) => [...form.querySelectorAll('input[type=file]:enabled')].filter(({ files }) => files.length > 0);

const dataUrl = (file) =>
  new Promise((done, fail) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => done(reader.result));
    reader.addEventListener('error', () => fail(new Error(`The file ${file.name} could not be read.`)));
    reader.readAsDataURL(file);
  });

/** By the fields that they go into: a data URL, or several. */
export async function filesOf(form) {
  const read = chosenOf(form).map(async ({ name, files, multiple }) => {
    const urls = await Promise.all([...files].map(dataUrl));
    return [name, multiple ? urls : urls[0]];
  });
  return Object.fromEntries(await Promise.all(read));
}

export const namesOfFiles = (form) =>
  chosenOf(form)
    .flatMap(({ files }) => [...files].map(({ name }) => name))
    .join(', ');
