import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** A new interface for each question, so that the terminal is free for Wrangler in between. */
function askTerminal({ input, output }, question, secret) {
  return new Promise((answer) => {
    let hidden = false;
    const echo = new Writable({
      write(chunk, _encoding, done) {
        if (!hidden) output.write(chunk);
        done();
      },
    });
    const lines = createInterface({ input, output: echo, terminal: true });
    let line = '';
    lines.once('SIGINT', () => {
      output.write('\n');
      process.exit(130);
    });
    lines.once('line', (text) => {
      line = text;
      lines.close();
    });
    lines.once('close', () => {
      if (secret) output.write('\n');
      answer(line.trim());
    });
    lines.setPrompt(question);
    lines.prompt();
    hidden = secret;
  });
}

/** Without a terminal, lines of piped input answer in order; the input's end counts as Enter. */
function pipedAsker({ input, output }) {
  const waiting = [];
  const queued = [];
  let ended = false;
  const lines = createInterface({ input });
  lines.on('line', (line) => (waiting.length > 0 ? waiting.shift()(line.trim()) : queued.push(line.trim())));
  lines.on('close', () => {
    ended = true;
    for (const answer of waiting.splice(0)) answer('');
  });
  const ask = (question) => {
    output.write(`${question}\n`);
    if (queued.length > 0) return Promise.resolve(queued.shift());
    return ended ? Promise.resolve('') : new Promise((answer) => waiting.push(answer));
  };
  return { interactive: false, ask, close: () => lines.close() };
}

/** Asks for a line: `ask(question, { secret })`. A secret's characters are not shown. */
export function createAsker({ input = process.stdin, output = process.stdout } = {}) {
  if (input.isTTY !== true) return pipedAsker({ input, output });
  return {
    interactive: true,
    ask: (question, { secret = false } = {}) => askTerminal({ input, output }, question, secret),
    close: () => {},
  };
}
