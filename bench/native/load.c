/* Closed-loop load generator: one thread, epoll, keep-alive, 127.0.0.1 only.
 *
 *   load -p PORT [-P /path] -c CONNECTIONS -n REQUESTS -t SECONDS [-g STAGGER_MS] [-m END_MARKER]
 *        [-H "Name: value"]... [-k HEADER_FILE] -f BODY_FILE
 *
 * Each connection sends the next request when its answer has come whole, until REQUESTS were started or
 * SECONDS have passed (then nothing new is started, and what is under way gets 30 s more).
 * -k adds one line of the file to each request, round robin: as many callers as the file has lines.
 * -g spreads the first requests over that many milliseconds, so that streams do not run in step.
 * -m: an answer without this text near the start of one of its SSE lines counts as truncated (an error).
 * Prints one JSON object. Times are microseconds. first = the first "data:" line of a stream
 * (comments and pings sent as comments do not count), else the first body byte. gap = time between
 * consecutive "data:" lines of one stream; together = the share of them that came in one read with the
 * line before.
 */
#include "http.h"
#include <sys/uio.h>

enum { IDLE, HEAD, BODY_LEN, BODY_EOF, CH_SIZE, CH_DATA, CH_CRLF, CH_TRAIL };
typedef struct {
  int fd, state, size_digits, status, close, reused, ended, line_n, out_on;
  uint64_t start_at, t0, t_first, t_event;
  size_t out_off, left;
  const Buf *request_head;
  Buf head;
  char line[96];
} Conn;

static int ep, port, conns = 1, stagger;
static long total = 1000, started, done, errors, truncated, connects, status_bad, first_bad;
static double seconds = 10;
static const char *marker;
static Buf *heads, body;
static size_t heads_n, heads_next;
static uint32_t *lat, *first;
static uint64_t events, bytes, t_read;
static int busy, waiting;
static uint64_t stop_new;

/* ---- gaps between events: a reservoir, so that memory stays bounded ---- */
#define GAPS (1 << 20)
static uint32_t gap[GAPS], gap_max;
static uint64_t gaps_seen, gaps_together;
static void gap_add(uint64_t ns) {
  static uint64_t rnd = 88172645463325252ull;
  uint32_t us = (uint32_t)(ns / 1000);
  if (us > gap_max) gap_max = us;
  if (!ns) gaps_together++;
  uint64_t at = gaps_seen++;
  if (at >= GAPS) {
    rnd ^= rnd << 13, rnd ^= rnd >> 7, rnd ^= rnd << 17;
    at = rnd % gaps_seen;
    if (at >= GAPS) return;
  }
  gap[at] = us;
}

/* ---- sending ---- */
static void conn_open(Conn *c) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket");
  nodelay(c->fd);
  connects++;
  if (connect(c->fd, (void *)&a, sizeof a) && errno != EINPROGRESS) die("connect");
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  c->out_on = 1;
  c->reused = 0;
}
static void conn_drop(Conn *c) {
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
}
static void want_out(Conn *c, int on) {
  if (c->out_on == on) return;
  struct epoll_event e = {.events = EPOLLIN | (on ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
  c->out_on = on;
}
static int send_rest(Conn *c) {
  size_t hn = c->request_head->n;
  while (c->out_off < hn + body.n) {
    size_t in_head = c->out_off < hn ? c->out_off : hn, in_body = c->out_off - in_head;
    struct iovec v[2] = {{c->request_head->p + in_head, hn - in_head}, {body.p + in_body, body.n - in_body}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    ssize_t k = sendmsg(c->fd, &m, MSG_NOSIGNAL);
    if (k < 0) {
      if (errno != EAGAIN && errno != ENOTCONN) return -1;
      want_out(c, 1);
      return 0;
    }
    c->out_off += (size_t)k;
  }
  want_out(c, 0);
  return 0;
}
static int transmit(Conn *c) {
  c->state = HEAD;
  c->head.n = c->out_off = 0;
  c->ended = c->line_n = c->status = c->size_digits = c->close = 0;
  c->t_first = c->t_event = 0;
  c->t0 = now_ns();
  if (c->fd >= 0) return send_rest(c);
  conn_open(c);
  return 0;
}
static void finish(Conn *c, int failed) {
  uint64_t t = now_ns();
  if (failed || c->status >= 400 || c->status < 200) {
    errors++;
    if (!failed) status_bad++;
    if (!failed && !first_bad) first_bad = c->status;
  } else if (marker && !c->ended) {
    errors++;
    truncated++;
  } else {
    lat[done] = (uint32_t)((t - c->t0) / 1000);
    first[done] = (uint32_t)(((c->t_first ? c->t_first : t) - c->t0) / 1000);
    done++;
  }
  c->state = IDLE;
  if (failed || c->close) conn_drop(c);
  else c->reused = 1;
}
static void begin(Conn *c) { /* the next request, from the next caller */
  started++;
  busy++;
  c->request_head = &heads[heads_next++ % heads_n];
  if (transmit(c) >= 0) return;
  finish(c, 1);
  busy--;
}

/* ---- receiving ---- */
static void line_end(Conn *c) {
  c->line[c->line_n] = 0;
  if (!strncmp(c->line, "data:", 5)) {
    events++;
    if (!c->t_first) c->t_first = t_read;
    if (c->t_event) gap_add(t_read - c->t_event);
    c->t_event = t_read;
  }
  if (marker && (!strncmp(c->line, "data:", 5) || !strncmp(c->line, "event:", 6)) && strstr(c->line, marker)) c->ended = 1;
  c->line_n = 0;
}
static void payload(Conn *c, const char *p, size_t n) {
  bytes += n;
  if (!marker) {
    if (!c->t_first) c->t_first = t_read;
    return;
  }
  while (n) {
    const char *nl = memchr(p, '\n', n);
    size_t k = nl ? (size_t)(nl - p) : n, room = sizeof c->line - 1 - (size_t)c->line_n, m = k < room ? k : room;
    memcpy(c->line + c->line_n, p, m);
    c->line_n += (int)m;
    if (!nl) return;
    line_end(c);
    p += k + 1;
    n -= k + 1;
  }
}
/* Bytes of p used for the head of the answer; moves to the body's state when the head is whole. */
static size_t feed_head(Conn *c, const char *p, size_t n) {
  size_t had = c->head.n, len;
  buf_add(&c->head, p, n);
  char *e = memmem(c->head.p, c->head.n, "\r\n\r\n", 4);
  if (!e) return n;
  size_t hn = (size_t)(e - c->head.p) + 4;
  c->status = atoi(c->head.p + 9);
  const char *v;
  if ((v = header(c->head.p, hn, "connection", &len)) && len == 5 && !strncasecmp(v, "close", 5)) c->close = 1;
  if (header(c->head.p, hn, "transfer-encoding", &len)) {
    c->state = CH_SIZE;
    c->left = 0;
  } else if ((v = header(c->head.p, hn, "content-length", &len))) {
    c->state = BODY_LEN;
    c->left = strtoul(v, NULL, 10);
  } else {
    c->state = BODY_EOF;
    c->close = 1;
  }
  c->head.n = 0;
  return hn - had;
}
/* Feed received bytes. 1: the answer is complete, 0: more to come. */
static int feed(Conn *c, const char *p, size_t n) {
  while (n || c->state == BODY_LEN) {
    size_t k = 1;
    if (c->state == HEAD) {
      k = feed_head(c, p, n);
    } else if (c->state == BODY_LEN || c->state == CH_DATA) {
      k = n < c->left ? n : c->left;
      if (k) payload(c, p, k);
      c->left -= k;
      if (c->state == BODY_LEN) return !c->left;
      if (!c->left) c->state = CH_CRLF;
    } else if (c->state == BODY_EOF) {
      payload(c, p, n);
      return 0;
    } else if (c->state == CH_SIZE) {
      int digit = isxdigit((unsigned char)*p) && c->size_digits >= 0;
      if (*p == '\n') {
        c->state = c->left ? CH_DATA : CH_TRAIL;
        c->size_digits = 0;
      } else if (digit) {
        c->left = c->left * 16 + (size_t)(isdigit((unsigned char)*p) ? *p - '0' : tolower(*p) - 'a' + 10);
        c->size_digits++;
      } else c->size_digits = -1; /* extension or CR: ignore up to the newline */
    } else if (c->state == CH_CRLF) {
      if (*p == '\n') c->state = CH_SIZE;
    } else if (*p == '\n') return 1; /* CH_TRAIL; no trailers are expected */
    p += k;
    n -= k;
  }
  return 0;
}

/* ---- the run ---- */
static void on_event(Conn *c, uint32_t what) {
  static char rb[262144];
  int over = 0; /* 1: answer complete, -1: failed */
  if (c->fd < 0) return;
  if (c->state != IDLE && (what & EPOLLOUT) && send_rest(c) < 0) over = -1;
  if (!over && (what & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
    ssize_t k = recv(c->fd, rb, sizeof rb, 0);
    t_read = now_ns();
    if (k > 0) over = c->state == IDLE ? -1 : feed(c, rb, (size_t)k);
    else if (k == 0) over = c->state == BODY_EOF ? 1 : -1;
    else if (errno != EAGAIN && errno != EINTR) over = -1;
  }
  if (!over) return;
  if (c->state == IDLE) {
    conn_drop(c);
    return;
  }
  if (over < 0 && c->reused && c->state == HEAD && !c->head.n) { /* a kept connection was closed under us: once more on a new one */
    uint64_t keep = c->t0;
    conn_drop(c);
    c->reused = 0;
    if (transmit(c) == 0) {
      c->t0 = keep;
      return;
    }
  }
  finish(c, over < 0);
  busy--;
  if (now_ns() < stop_new && started < total && errors < 1000) begin(c);
}
static void begin_waiting(Conn *cs) {
  uint64_t t = now_ns();
  int open = t < stop_new && started < total && errors < 1000;
  for (int i = 0; waiting && i < conns; i++) {
    if (!cs[i].start_at || (open && cs[i].start_at > t)) continue;
    cs[i].start_at = 0;
    waiting--;
    if (open && started < total) begin(&cs[i]);
  }
}
static void run_load(uint64_t t0) {
  Conn *cs = calloc((size_t)conns, sizeof *cs);
  struct epoll_event evs[512];
  if (!cs) die("calloc");
  ep = epoll_create1(0);
  stop_new = t0 + (uint64_t)(seconds * 1e9);
  waiting = conns;
  for (int i = 0; i < conns; i++) {
    cs[i].fd = -1;
    cs[i].start_at = t0 + (uint64_t)stagger * 1000000ull * (uint64_t)i / (uint64_t)conns;
  }
  while ((busy || waiting) && now_ns() < stop_new + 30000000000ull) {
    if (waiting) begin_waiting(cs);
    int n = epoll_wait(ep, evs, 512, waiting ? 1 : 100);
    for (int i = 0; i < n; i++) on_event(evs[i].data.ptr, evs[i].events);
  }
}

/* ---- set-up and report ---- */
static Buf read_file(const char *file) {
  Buf b = {0};
  FILE *f = fopen(file, "rb");
  if (!f) die(file);
  for (size_t k = 1; k; b.n += k) {
    buf_room(&b, 65536);
    k = fread(b.p + b.n, 1, 65536, f);
  }
  fclose(f);
  return b;
}
/* One request head for each line of the file; just one when there is no file. */
static void build_heads(const char *path, const Buf *common, const char *file) {
  Buf lines = {0};
  if (file) lines = read_file(file);
  else buf_add(&lines, "\n", 1);
  heads = calloc(lines.n + 1, sizeof *heads);
  if (!heads) die("calloc");
  for (char *p = lines.p, *end = lines.p + lines.n, *nl; p < end && (nl = memchr(p, '\n', (size_t)(end - p))); p = nl + 1) {
    if (file && nl == p) continue;
    Buf *h = &heads[heads_n++];
    buf_printf(h, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nAccept: */*\r\n", path, port);
    if (common->n) buf_add(h, common->p, common->n);
    if (nl > p) {
      buf_add(h, p, (size_t)(nl - p));
      buf_add(h, "\r\n", 2);
    }
    buf_printf(h, "Content-Length: %zu\r\n\r\n", body.n);
  }
}
static int cmp(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}
static uint32_t pct(const uint32_t *v, long n, double q) { return n ? v[(long)((double)(n - 1) * q)] : 0; }
static void summary(const char *name, uint32_t *v, long n) {
  qsort(v, (size_t)n, sizeof *v, cmp);
  double sum = 0;
  for (long i = 0; i < n; i++) sum += v[i];
  printf(",\"%s\":{\"mean\":%.1f,\"p50\":%u,\"p90\":%u,\"p99\":%u,\"max\":%u}", name, n ? sum / (double)n : 0, pct(v, n, .5), pct(v, n, .9),
         pct(v, n, .99), pct(v, n, 1));
}
static void print_result(double wall) {
  struct rusage ru;
  getrusage(RUSAGE_SELF, &ru);
  double cpu = (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) + (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
  printf("{\"started\":%ld,\"done\":%ld,\"errors\":%ld,\"truncated\":%ld,\"bad_status\":%ld,\"first_bad_status\":%ld,\"unfinished\":%d,\"connects\":%ld", started,
         done, errors, truncated, status_bad, first_bad, busy, connects);
  printf(",\"wall_s\":%.4f,\"per_s\":%.1f,\"events\":%lu,\"bytes\":%lu,\"load_cpu_s\":%.3f", wall, (double)done / wall, events, bytes, cpu);
  summary("latency", lat, done);
  summary("first", first, done);
  long n = gaps_seen < GAPS ? (long)gaps_seen : GAPS;
  qsort(gap, (size_t)n, sizeof *gap, cmp);
  printf(",\"gap\":{\"n\":%lu,\"p50\":%u,\"p90\":%u,\"p99\":%u,\"max\":%u,\"together\":%.4f}}\n", gaps_seen, pct(gap, n, .5), pct(gap, n, .9),
         pct(gap, n, .99), gap_max, gaps_seen ? (double)gaps_together / (double)gaps_seen : 0);
}

int main(int argc, char **argv) {
  const char *path = "/v1/chat/completions", *body_file = NULL, *header_file = NULL;
  Buf common = {0};
  int o;
  while ((o = getopt(argc, argv, "p:P:c:n:t:g:m:H:k:f:")) != -1) switch (o) {
    case 'p': port = atoi(optarg); break;
    case 'P': path = optarg; break;
    case 'c': conns = atoi(optarg); break;
    case 'n': total = atol(optarg); break;
    case 't': seconds = atof(optarg); break;
    case 'g': stagger = atoi(optarg); break;
    case 'm': marker = optarg; break;
    case 'H': buf_printf(&common, "%s\r\n", optarg); break;
    case 'k': header_file = optarg; break;
    case 'f': body_file = optarg; break;
    default: return 2;
  }
  if (!port || conns < 1 || total < 1 || total > 5000000 || seconds <= 0 || seconds > 600 || !body_file) {
    fprintf(stderr, "load: bad arguments\n");
    return 2;
  }
  more_files();
  signal(SIGPIPE, SIG_IGN);
  body = read_file(body_file);
  build_heads(path, &common, header_file);
  lat = calloc((size_t)total, sizeof *lat);
  first = calloc((size_t)total, sizeof *first);
  if (!lat || !first || !heads_n) die("calloc, or no headers");
  uint64_t t0 = now_ns();
  run_load(t0);
  print_result((double)(now_ns() - t0) / 1e9);
  return errors || busy ? 1 : 0;
}
