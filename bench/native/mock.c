/* Mock AI provider for benchmarks: one thread, epoll, keep-alive, 127.0.0.1 only.
 *
 *   mock PORT [UPSTREAM_KEY]
 *
 * POST .../chat/completions   OpenAI chat, JSON or SSE
 * POST .../messages           Anthropic Messages, SSE
 * POST .../responses          OpenAI Responses, SSE
 * GET  /__stats               counters as JSON;  POST /__reset zeroes them
 *
 * A request is steered by the first "bench-..." word found in its body (the model name or a message): pairs
 * joined by '-', e.g. bench-chunks-500-delay-5
 *   chunks   content events in a stream (default 20); also the output token count
 *   size     characters of text in each content event (default 12)
 *   delay    milliseconds between content events (default 0: written as fast as the socket takes them)
 *   bytes    size of a non-stream JSON answer (default 1024)
 * Streams carry the usage chunk only when the request has "include_usage": true, as the real one.
 */
#include "http.h"

#define PROMPT_TOKENS 20
enum { READING, STREAMING, FLUSHING };
enum { CHAT, MESSAGES, RESPONSES };

typedef struct Conn {
  int fd, state, format, include_usage, heap_at, step, sent, want_out;
  long chunks, size, delay, bytes;
  uint64_t due;
  Buf in, out, event; /* event: the content event built once per stream */
  size_t out_off;
} Conn;

static struct { uint64_t requests, streams, active, peak_active, events, aborted, bad_key, not_found; } st;
static int ep;
static const char *key;
static size_t key_len;

/* ---- timers: a binary heap on due time ---- */
static Conn **heap;
static int heap_n, heap_cap;
static void heap_put(int i, Conn *c) {
  heap[i] = c;
  c->heap_at = i;
}
static void heap_fix(int i) {
  Conn *c = heap[i];
  while (i > 0 && heap[(i - 1) / 2]->due > c->due) {
    heap_put(i, heap[(i - 1) / 2]);
    i = (i - 1) / 2;
  }
  for (;;) {
    int k = 2 * i + 1;
    if (k >= heap_n) break;
    if (k + 1 < heap_n && heap[k + 1]->due < heap[k]->due) k++;
    if (heap[k]->due >= c->due) break;
    heap_put(i, heap[k]);
    i = k;
  }
  heap_put(i, c);
}
static void timer_set(Conn *c, uint64_t due) {
  c->due = due;
  if (c->heap_at < 0) {
    if (heap_n == heap_cap) {
      heap_cap = heap_cap ? heap_cap * 2 : 1024;
      if (!(heap = realloc(heap, (size_t)heap_cap * sizeof *heap))) die("realloc");
    }
    heap_put(heap_n++, c);
  }
  heap_fix(c->heap_at);
}
static void timer_clear(Conn *c) {
  int i = c->heap_at;
  if (i < 0) return;
  c->heap_at = -1;
  if (i == --heap_n) return;
  heap_put(i, heap[heap_n]);
  heap_fix(i);
}

static void conn_close(Conn *c) {
  if (c->state == STREAMING) st.aborted++;
  if (c->state != READING) st.active--;
  timer_clear(c);
  close(c->fd);
  free(c->in.p);
  free(c->out.p);
  free(c->event.p);
  free(c);
}

/* ---- events ---- */
static void add_event(Conn *c, const char *data, size_t n) { /* one SSE event in one HTTP chunk */
  buf_printf(&c->out, "%zx\r\n", n);
  buf_add(&c->out, data, n);
  buf_add(&c->out, "\r\n", 2);
  st.events++;
}
static void add_eventf(Conn *c, const char *fmt, ...) {
  char tmp[2048];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(tmp, sizeof tmp, fmt, ap);
  va_end(ap);
  if (n >= (int)sizeof tmp) die("event too long");
  add_event(c, tmp, (size_t)n);
}
#define CHUNK "{\"id\":\"chatcmpl-bench000000000000000000000\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"bench\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\","
#define ANSWER "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"bench\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"refusal\":null,\"annotations\":[],\"content\":\""
#define USAGE "\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%ld,\"total_tokens\":%ld,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0}}"

static void fill(Buf *b, long n) {
  buf_room(b, (size_t)n);
  for (long i = 0; i < n; i++) b->p[b->n++] = i % 6 == 5 ? ' ' : (char)('a' + i % 26);
}
#define MESSAGE "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":%d,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":1}}}"
#define RESPONSE "\"response\":{\"id\":\"resp_bench\",\"object\":\"response\",\"created_at\":1760000000,\"status\":\"%s\",\"error\":null,\"incomplete_details\":null,\"model\":\"bench\",\"output\":[%s],\"usage\":%s}"
#define ITEM "{\"id\":\"msg_bench\",\"type\":\"message\",\"status\":\"%s\",\"role\":\"assistant\",\"content\":[%s]}"
#define PART "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"%s\"}"

static void messages_begin(Conn *c) {
  add_eventf(c, "event: message_start\ndata: " MESSAGE "\n\n", PROMPT_TOKENS);
  add_eventf(c, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
  c->event.n = 0;
  buf_printf(&c->event, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"");
  fill(&c->event, c->size);
  buf_printf(&c->event, "\"}}\n\n");
}
static void messages_end(Conn *c) {
  add_eventf(c, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
  add_eventf(c, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":%d}}\n\n", c->sent);
  add_eventf(c, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}
static void responses_begin(Conn *c) {
  add_eventf(c, "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0," RESPONSE "}\n\n", "in_progress", "", "null");
  add_eventf(c, "event: response.in_progress\ndata: {\"type\":\"response.in_progress\",\"sequence_number\":1," RESPONSE "}\n\n", "in_progress", "", "null");
  add_eventf(c, "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":2,\"output_index\":0,\"item\":" ITEM "}\n\n", "in_progress", "");
  add_eventf(c, "event: response.content_part.added\ndata: {\"type\":\"response.content_part.added\",\"sequence_number\":3,\"item_id\":\"msg_bench\",\"output_index\":0,\"content_index\":0,\"part\":" PART "}\n\n", "");
}
static void responses_content(Conn *c) {
  c->event.n = 0;
  buf_printf(&c->event, "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":%d,\"item_id\":\"msg_bench\",\"output_index\":0,\"content_index\":0,\"logprobs\":[],\"delta\":\"", c->sent + 4);
  fill(&c->event, c->size);
  buf_printf(&c->event, "\"}\n\n");
}
static void responses_end(Conn *c) {
  int at = c->sent + 4;
  char part[256], item[512], usage[256];
  snprintf(part, sizeof part, PART, "All of it.");
  snprintf(item, sizeof item, ITEM, "completed", part);
  snprintf(usage, sizeof usage, "{\"input_tokens\":%d,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":%d,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":%d}", PROMPT_TOKENS, c->sent, c->sent + PROMPT_TOKENS);
  add_eventf(c, "event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\"sequence_number\":%d,\"item_id\":\"msg_bench\",\"output_index\":0,\"content_index\":0,\"logprobs\":[],\"text\":\"All of it.\"}\n\n", at);
  add_eventf(c, "event: response.content_part.done\ndata: {\"type\":\"response.content_part.done\",\"sequence_number\":%d,\"item_id\":\"msg_bench\",\"output_index\":0,\"content_index\":0,\"part\":%s}\n\n", at + 1, part);
  add_eventf(c, "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"sequence_number\":%d,\"output_index\":0,\"item\":%s}\n\n", at + 2, item);
  add_eventf(c, "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":%d," RESPONSE "}\n\n", at + 3, "completed", item, usage);
}
static void stream_begin(Conn *c) {
  buf_printf(&c->out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
                      "x-request-id: req_bench\r\nTransfer-Encoding: chunked\r\n\r\n");
  if (c->format == MESSAGES) return messages_begin(c);
  if (c->format == RESPONSES) return responses_begin(c);
  add_eventf(c, "data: " CHUNK "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
  c->event.n = 0;
  buf_printf(&c->event, "data: " CHUNK "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
  fill(&c->event, c->size);
  buf_printf(&c->event, "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}
static void stream_content(Conn *c) {
  if (c->format == RESPONSES) responses_content(c);
  add_event(c, c->event.p, c->event.n);
  c->sent++;
}
static void stream_end(Conn *c) {
  long n = c->sent;
  if (c->format == MESSAGES) messages_end(c);
  if (c->format == RESPONSES) responses_end(c);
  if (c->format != CHAT) {
    buf_add(&c->out, "0\r\n\r\n", 5);
    return;
  }
  add_eventf(c, "data: " CHUNK "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n");
  if (c->include_usage) add_eventf(c, "data: " CHUNK "\"choices\":[]," USAGE "}\n\n", PROMPT_TOKENS, n, n + PROMPT_TOKENS);
  add_eventf(c, "data: [DONE]\n\n");
  buf_add(&c->out, "0\r\n\r\n", 5);
}

static void plain(Conn *c, int status, const char *body, size_t n) {
  buf_printf(&c->out, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\nContent-Length: %zu\r\n\r\n", status,
             status < 400 ? "OK" : "Error", n);
  buf_add(&c->out, body, n);
}
static void json_answer(Conn *c) {
  static Buf b;
  char end[512];
  long out = 150;
  b.n = 0;
  buf_add(&b, ANSWER, sizeof ANSWER - 1);
  int tail = snprintf(end, sizeof end, "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}]," USAGE "}", PROMPT_TOKENS, out, out + PROMPT_TOKENS);
  long pad = c->bytes - (long)b.n - tail;
  fill(&b, pad > 1 ? pad : 1);
  buf_add(&b, end, (size_t)tail);
  plain(c, 200, b.p, b.n);
}

/* ---- one connection ---- */
static void want_out(Conn *c, int on) {
  if (c->want_out == on) return;
  struct epoll_event e = {.events = EPOLLIN | (on ? EPOLLOUT : 0) | EPOLLRDHUP, .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
  c->want_out = on;
}
static int flush(Conn *c) { /* 1: all written, 0: would block, -1: closed */
  while (c->out_off < c->out.n) {
    ssize_t k = send(c->fd, c->out.p + c->out_off, c->out.n - c->out_off, MSG_NOSIGNAL);
    if (k < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return -1;
      want_out(c, 1);
      return 0;
    }
    c->out_off += (size_t)k;
  }
  c->out.n = c->out_off = 0;
  want_out(c, 0);
  return 1;
}
static int flush_answer(Conn *c) { /* -1: the connection is gone */
  int f = flush(c);
  if (f == 1) {
    c->state = READING;
    st.active--;
  }
  return f < 0 ? -1 : 0;
}
/* Advance a stream as far as time and the socket allow. -1: the connection is gone. */
static int pump(Conn *c) {
  for (;;) {
    if (c->step == 0) {
      stream_begin(c);
      c->step = 1;
      if (c->delay) {
        timer_set(c, now_ns() + (uint64_t)c->delay * 1000000ull);
        return flush(c) < 0 ? -1 : 0;
      }
    }
    if (c->step == 1 && c->delay) {
      uint64_t t = now_ns(), next = c->due + (uint64_t)c->delay * 1000000ull;
      if (t < c->due) return 0;
      stream_content(c);
      if (c->sent < c->chunks) timer_set(c, next > t ? next : t);
    }
    while (c->step == 1 && !c->delay && c->sent < c->chunks && c->out.n < 65536) stream_content(c);
    if (c->step == 1 && c->sent >= c->chunks) {
      timer_clear(c);
      stream_end(c);
      c->step = 2;
      c->state = FLUSHING;
    }
    if (c->step == 2) return flush_answer(c);
    int f = flush(c);
    if (f < 0) return -1;
    if (f == 0 || c->delay) return 0;
  }
}
static long opt(const char *s, size_t n, const char *name, long dflt) { /* "bench-a-1-b-2" */
  size_t k = strlen(name);
  const char *p = s, *e = s + n;
  while (p && (p = memmem(p, (size_t)(e - p), name, k))) {
    if (p > s && p[-1] == '-' && p + k < e && p[k] == '-') return strtol(p + k + 1, NULL, 10);
    p += k;
  }
  return dflt;
}
static int ends(const char *p, size_t n, const char *s) {
  size_t k = strlen(s);
  return n >= k && !memcmp(p + n - k, s, k);
}
static int flag(const char *p, size_t n, const char *name) { /* "name" : true */
  const char *e = p + n, *q = memmem(p, n, name, strlen(name));
  if (!q) return 0;
  q += strlen(name);
  while (q < e && (*q == ' ' || *q == ':')) q++;
  return e - q >= 4 && !memcmp(q, "true", 4);
}
static void check_key(const char *h, size_t hn) {
  size_t len;
  const char *v = header(h, hn, "x-api-key", &len);
  if (v && len == key_len && !memcmp(v, key, key_len)) return;
  v = header(h, hn, "authorization", &len);
  if (!v || len != key_len + 7 || strncasecmp(v, "Bearer ", 7) || memcmp(v + 7, key, key_len)) st.bad_key++;
}
static int answer(Conn *c, int format, const char *h, size_t hn, const char *body, size_t bn) {
  const char *d = memmem(body, bn, "bench-", 6);
  size_t dn = 0;
  while (d && d + dn < body + bn && (isalnum((unsigned char)d[dn]) || d[dn] == '-')) dn++;
  int streamed = flag(body, bn, "\"stream\"");
  c->format = format;
  c->chunks = opt(d, dn, "chunks", 20);
  c->size = opt(d, dn, "size", 12);
  c->delay = opt(d, dn, "delay", 0);
  c->bytes = opt(d, dn, "bytes", 1024);
  if (c->size > 65536) c->size = 65536;
  c->include_usage = streamed && flag(body, bn, "\"include_usage\"");
  if (key) check_key(h, hn);
  st.requests++;
  if (st.active > st.peak_active) st.peak_active = st.active;
  if (!streamed) {
    json_answer(c);
    return flush_answer(c);
  }
  st.streams++;
  c->state = STREAMING;
  c->step = c->sent = 0;
  return pump(c);
}
static int handle(Conn *c, const char *h, size_t hn, const char *body, size_t bn) {
  const char *eol = memchr(h, '\r', hn), *sp = memchr(h, ' ', hn);
  if (!eol || !sp || sp > eol) return -1;
  const char *path = sp + 1, *pe = memchr(path, ' ', (size_t)(eol - path));
  if (!pe) return -1;
  size_t pn = (size_t)(pe - path);
  c->state = FLUSHING;
  st.active++;
  if (ends(path, pn, "/chat/completions")) return answer(c, CHAT, h, hn, body, bn);
  if (ends(path, pn, "/messages")) return answer(c, MESSAGES, h, hn, body, bn);
  if (ends(path, pn, "/responses")) return answer(c, RESPONSES, h, hn, body, bn);
  if (ends(path, pn, "/__stats") || ends(path, pn, "/__reset")) {
    char t[512];
    uint64_t active = st.active;
    if (ends(path, pn, "/__reset")) memset(&st, 0, sizeof st);
    st.active = active;
    int n = snprintf(t, sizeof t, "{\"requests\":%lu,\"streams\":%lu,\"active\":%lu,\"peak_active\":%lu,\"events\":%lu,\"aborted\":%lu,\"bad_key\":%lu,\"not_found\":%lu}",
                     st.requests, st.streams, st.active - 1, st.peak_active, st.events, st.aborted, st.bad_key, st.not_found);
    plain(c, 200, t, (size_t)n);
  } else {
    st.not_found++;
    plain(c, 404, "{\"error\":{\"message\":\"no such path\"}}", 36);
  }
  return flush_answer(c);
}
/* Joins the chunks of a chunked body in place. 0: not whole yet; else the bytes used, *bn gets the body's size. */
static size_t join_chunks(char *body, char *end, size_t *bn) {
  for (int pass = 0; pass < 2; pass++) { /* find the end first, then join */
    char *r = body, *w = body;
    for (;;) {
      char *nl = memchr(r, '\n', (size_t)(end - r));
      if (!nl) return 0;
      size_t k = strtoul(r, NULL, 16);
      if ((size_t)(end - nl - 1) < k + 2) return 0;
      r = nl + 1 + k + 2;
      if (!k) break;
      if (pass) memmove(w, nl + 1, k);
      w += k;
    }
    *bn = (size_t)(w - body);
    if (pass) return (size_t)(r - body);
  }
  return 0;
}
/* Handle every complete request in c->in. -1: close. */
static int parse(Conn *c) {
  while (c->state == READING && c->in.n) {
    char *p = c->in.p, *he = memmem(p, c->in.n, "\r\n\r\n", 4);
    if (!he) return c->in.n > 65536 ? -1 : 0;
    size_t hn = (size_t)(he - p) + 2, used = hn + 2, len, bn = 0, in_body;
    char *body = p + used;
    const char *v;
    if ((v = header(p, hn, "transfer-encoding", &len)) && len >= 7 && !strncasecmp(v + len - 7, "chunked", 7)) {
      if (!(in_body = join_chunks(body, p + c->in.n, &bn))) return 0;
    } else {
      v = header(p, hn, "content-length", &len);
      in_body = bn = v ? strtoul(v, NULL, 10) : 0;
    }
    used += in_body;
    if (c->in.n < used) return 0;
    int r = handle(c, p, hn, body, bn);
    memmove(c->in.p, c->in.p + used, c->in.n - used);
    c->in.n -= used;
    if (r < 0) return -1;
  }
  return 0;
}
static int readable(Conn *c) {
  for (;;) {
    buf_room(&c->in, 16384);
    ssize_t k = recv(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, 0);
    if (k == 0) return -1;
    if (k < 0) return errno == EAGAIN ? parse(c) : errno == EINTR ? 0 : -1;
    c->in.n += (size_t)k;
    if (c->in.n < c->in.cap) return parse(c);
  }
}

/* ---- the loop ---- */
static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (void *)&a, sizeof a) || listen(fd, 4096)) die("bind/listen");
  return fd;
}
static void accept_all(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    Conn *c = calloc(1, sizeof *c);
    if (!c) die("calloc");
    nodelay(fd);
    c->fd = fd;
    c->heap_at = -1;
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
  }
}
static void on_event(Conn *c, uint32_t what) {
  int r = what & (EPOLLHUP | EPOLLERR) ? -1 : 0;
  if (!r && (what & (EPOLLIN | EPOLLRDHUP))) r = readable(c);
  if (!r && (what & EPOLLOUT)) {
    if (c->state == STREAMING && !c->delay) r = pump(c);
    else if (c->state == FLUSHING) r = flush_answer(c);
    else r = flush(c) < 0 ? -1 : 0;
    if (!r && c->state == READING) r = parse(c);
  }
  if (r < 0) conn_close(c);
}
static void on_time(Conn *c) {
  int r = pump(c);
  if (!r && c->state == READING) r = parse(c);
  if (r < 0) conn_close(c);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: mock PORT [UPSTREAM_KEY]\n");
    return 2;
  }
  if (argc > 2) {
    key = argv[2];
    key_len = strlen(key);
  }
  signal(SIGPIPE, SIG_IGN);
  more_files();
  int listener = listen_on(atoi(argv[1]));
  ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, evs[512];
  epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e);
  printf("READY\n");
  fflush(stdout);
  for (;;) {
    int64_t wait = heap_n ? (int64_t)(heap[0]->due - now_ns()) : -1000000;
    int n = epoll_wait(ep, evs, 512, heap_n && wait <= 0 ? 0 : (int)((wait + 999999 * (wait > 0)) / 1000000));
    for (int i = 0; i < n; i++) {
      if (evs[i].data.ptr) on_event(evs[i].data.ptr, evs[i].events);
      else accept_all(listener);
    }
    for (uint64_t t = now_ns(); heap_n && heap[0]->due <= t;) on_time(heap[0]);
  }
}
