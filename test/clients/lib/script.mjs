/** The provider in one scenario: reads a request in any wire format and answers in the same one. */
import { json, sse } from '../../e2e/support/wire.ts';
import * as anthropic from '../wires/anthropic.mjs';
import * as chat from '../wires/chat.mjs';
import * as gemini from '../wires/gemini.mjs';
import * as responses from '../wires/responses.mjs';

const WIRES = [chat, responses, anthropic, gemini];

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

const modelOf = (path, body) => body.model ?? /\/models\/([^/:]+):/.exec(path)?.[1] ?? 'upstream-model';

export class Script {
  /** The requests that reached the providers, without probes, token counts and titles. */
  turns = [];
  asides = [];

  /** `decide` is given a request of the agent itself and returns the turn that answers it. */
  constructor(decide) {
    this.decide = decide;
  }

  answer(provider, seen) {
    const path = seen.path.split('?')[0];
    const wire = WIRES.find(({ matches }) => matches(path));
    if (wire === undefined) return this.aside(provider, seen, { object: 'list', data: [], has_more: false });
    const special = wire.aside(seen);
    if (special !== undefined) return this.aside(provider, seen, special);
    const body = parsed(seen.body);
    const model = modelOf(path, body);
    const request = { provider, path, model, body, ...wire.read({ body, path }) };
    const id = `upstream${this.turns.length}${this.asides.length}`;
    // An agent declares its tools in every turn; a request without tools asks for a title or the like.
    if (!request.hasTools) {
      this.asides.push(`${provider} ${path} without tools`);
      return this.render(wire, { kind: 'text', text: 'A title' }, request, { id, model });
    }
    const refused = wire.refuse?.({ body });
    if (refused !== undefined) {
      this.asides.push(`${provider} ${path} refused: ${refused.message}`);
      return this.render(wire, refused, request, { id, model });
    }
    const turn = this.decide(request);
    this.turns.push({ ...request, answered: turn.kind });
    return this.render(wire, turn, request, { id, model });
  }

  aside(provider, seen, body) {
    this.asides.push(`${provider} ${seen.path}`);
    return json(body);
  }

  render(wire, turn, request, names) {
    if (turn.kind === 'failure') {
      const headers = { 'content-type': 'application/json', ...turn.headers };
      return json(wire.failure(turn), { status: turn.status, headers });
    }
    if (!request.stream) return json(wire.whole(turn, names));
    return sse(wire.stream(turn, names).steps);
  }
}
