// The commands for the operator's catalogue changes: show what is in force, check a file, put it in force.
import { readText } from './files.mjs';
import { UsageError } from './paths.mjs';
import { facts, time } from './print.mjs';

function textOf(path) {
  const text = readText(path);
  if (text === undefined) throw new UsageError(`There is no file ${path}.`);
  return text;
}

const errorLines = (errors) => errors.map(({ line, field, message }) => `line ${line}${field ? `, ${field}` : ''}: ${message}`).join('\n');

function showFile({ valid, errors, models }) {
  return valid ? `Usable. Models that it changes or adds: ${models.join(', ') || 'none'}.` : `Not usable:\n${errorLines(errors)}`;
}

function showInForce({ version, variableVersion, file }) {
  const head = facts([
    ['In force', version ?? 'the catalogue as it was built'],
    ['CATALOGUE_OVERRIDES', variableVersion ?? 'not set'],
    [file?.key ?? 'File in R2', file ? `of ${time(file.uploadedAt)}` : 'there is none'],
  ]);
  if (!file) return head;
  return `${head}\n\n${showFile(file)}${file.valid ? '' : '\n\nThe last one that was usable stays in force.'}`;
}

export const CATALOGUE_COMMANDS = [
  {
    name: 'catalogue check',
    optionalOperands: ['FILE'],
    notes: 'of a file, whether this gateway could use it; without one, what is in force; exit code 1 when something is wrong',
    run: (api, { operands: [path] }) => (path === undefined ? api.showCatalogue() : api.checkCatalogue(textOf(path))),
    failed: (answer) => (answer.file ?? answer).valid === false,
    show: (answer, { operands: [path] }) => (path === undefined ? showInForce(answer) : showFile(answer)),
  },
  {
    name: 'catalogue put',
    operands: ['FILE'],
    notes: 'puts a usable file in place; every call that comes half a minute later goes by it',
    run: (api, { operands: [path] }) => api.putCatalogue(textOf(path)),
    show: showInForce,
  },
];
