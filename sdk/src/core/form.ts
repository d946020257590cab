import type { CallSpec } from './call.js';

/** A JSON body, or a form if a field is a file. */
export function bodyOf(fields: Record<string, unknown>): Pick<CallSpec, 'json' | 'raw'> {
  const values = Object.values(fields).flat();
  if (!values.some((value) => value instanceof Blob)) return { json: fields };
  return { raw: { make: () => formOf(fields) } };
}

function formOf(fields: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields))
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one instanceof Blob) form.append(name, one);
      else if (one !== undefined && one !== null) form.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
    }
  return form;
}
