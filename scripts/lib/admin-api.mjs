/** The operator's API refused; `status` is the HTTP status, or 0 when nobody answered. */
export class Refused extends Error {
  constructor(status, message, requestId) {
    super(message);
    this.status = status;
    this.requestId = requestId;
  }
}

const segment = (id) => encodeURIComponent(id);

async function readBody(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function adminApi({ url, token, fetch = globalThis.fetch }) {
  const origin = url.replace(/\/+$/, '');
  const base = `${origin}/api/admin`;

  async function call(method, path, body, from = base) {
    const headers = { accept: 'application/json', authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    let response;
    try {
      response = await fetch(from + path, { method, headers, redirect: 'error', ...(body && { body: JSON.stringify(body) }) });
    } catch (error) {
      throw new Refused(0, `No gateway answers at ${url} (${error.cause?.code ?? error.cause?.message ?? error.message}).`);
    }
    const answer = await readBody(response);
    if (response.ok && answer !== undefined) return answer;
    const { message, request_id: requestId } = answer?.error ?? {};
    throw new Refused(response.status, message ?? `The gateway answered ${response.status} to ${method} ${path}.`, requestId);
  }

  const account = (id) => `/accounts/${segment(id)}`;
  return {
    createAccount: (input) => call('POST', '/accounts', input),
    listAccounts: (query = {}) => call('GET', `/accounts?${new URLSearchParams(query)}`),
    getAccount: (id) => call('GET', account(id)),
    grant: (id, input) => call('POST', `${account(id)}/grants`, input),
    setTier: (id, tier) => call('PUT', `${account(id)}/tier`, { tier }),
    setPrices: (id, factor) => call('PUT', `${account(id)}/prices`, { factor }),
    setStatus: (id, input) => call('PUT', `${account(id)}/status`, input),
    createKey: (id, input) => call('POST', `${account(id)}/keys`, input),
    listKeys: (id) => call('GET', `${account(id)}/keys`),
    revokeKey: (id, keyId) => call('DELETE', `${account(id)}/keys/${segment(keyId)}`),
    createVouchers: (input) => call('POST', '/vouchers', input),
    listVouchers: (query) => call('GET', `/vouchers?${new URLSearchParams(query)}`),
    getVoucher: (id) => call('GET', `/vouchers/${segment(id)}`),
    revokeVoucher: (id) => call('DELETE', `/vouchers/${segment(id)}`),
    overview: (query) => call('GET', `/overview?${new URLSearchParams(query)}`),
    metrics: () => call('GET', '/metrics'),
    reseal: (input) => call('POST', '/reseal', input),
    removeSecondFactor: (email) => call('DELETE', `/people/${segment(email)}/second-factor`),
    reconcile: (input) => call('POST', '/reconcile', input),
    listModels: () => call('GET', '/v1/models', undefined, origin),
    showCatalogue: () => call('GET', '/catalogue'),
    checkCatalogue: (text) => call('POST', '/catalogue/check', { text }),
    putCatalogue: (text) => call('PUT', '/catalogue', { text }),
    listAudit: (id, query) => call('GET', `${id === undefined ? '' : account(id)}/audit?${new URLSearchParams(query)}`),
    verifyAudit: (id) => call('GET', `${id === undefined ? '' : account(id)}/audit/verify`),
    restore: (id, input) => call('POST', `${account(id)}/restore`, input),
    recover: (id) => call('POST', `${account(id)}/recover`, {}),
  };
}
