/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The report of a run: one JSON object on one line.
 */
#include "load.h"

static void
print_counters (const LoadCounters *counters, const char *name, FILE *file)
{
  const struct
  {
    const char *name;
    uint64_t value;
  } fields[] = {
    { "wire_bytes", counters->wire_bytes },
    { "payload_bytes", counters->payload_bytes },
    { "messages", counters->messages },
    { "headers", counters->headers },
    { "unstamped", counters->unstamped },
    { "gaps", counters->gaps },
    { "missing", counters->missing },
    { "reordered", counters->reordered },
    { "corrupt", counters->corrupt },
    { "checked", counters->checked },
    { "connections", counters->connections },
    { "blocked", counters->blocked },
  };

  fprintf (file, "\"%s\":{", name);
  for (unsigned int i = 0; i < sizeof fields / sizeof fields[0]; i++)
    fprintf (file, "%s\"%s\":%llu", i ? "," : "", fields[i].name,
        (unsigned long long)fields[i].value);
  fputc ('}', file);
}

static void
print_server (const Load *load, FILE *file)
{
  const BenchUsage *before = &load->server_before, *start = &load->server_start,
                   *end = &load->server_end;

  fprintf (file,
      "\"server\":{\"user_s\":%.3f,\"system_s\":%.3f,\"run_s\":%.6f,\"rss_before_kib\":%llu,"
      "\"rss_kib\":%llu,"
      "\"pss_before_kib\":%llu,\"pss_kib\":%llu,\"threads\":%llu}",
      end->user_s - start->user_s, end->system_s - start->system_s, end->run_s - start->run_s,
      (unsigned long long)before->rss_kib, (unsigned long long)end->rss_kib,
      (unsigned long long)before->pss_kib, (unsigned long long)end->pss_kib,
      (unsigned long long)end->threads);
}

/* Who only counted bytes received as much payload per byte as those who parsed. */
static void
scale_payload (LoadCounters *counters)
{
  if (counters->parsed_bytes > 0 && counters->parsed_bytes < counters->wire_bytes)
    counters->payload_bytes *= (double)counters->wire_bytes / counters->parsed_bytes;
}

static uint32_t
note_behind (Load *load)
{
  uint32_t stalled = 0;

  for (uint32_t i = 0; i < load->n_opened; i++) {
    const Conn *conn = &load->conns[i];

    if (conn->state != CONN_ACTIVE || conn->counting_only)
      continue;
    if (conn->newest_ns == 0 || load->window_end_ns - conn->newest_ns > 3000000000u)
      stalled++;
    if (conn->newest_ns && conn->newest_ns <= load->window_end_ns)
      bench_hist_add (&load->behind, (load->window_end_ns - conn->newest_ns) / 1000);
  }
  return stalled;
}

static void
print_players (Load *load, FILE *file)
{
  if (load->options.mode == LOAD_PLAY) {
    fprintf (file, "\"stalled\":%u,", note_behind (load));
    bench_hist_print (&load->latency[1], "video", file);
    fputc (',', file);
    bench_hist_print (&load->latency[0], "audio", file);
    fputc (',', file);
    bench_hist_print (&load->behind, "newest_age_at_end", file);
    fputc (',', file);
  }
  bench_hist_print (&load->answer, "connect_to_answer", file);
  fputc (',', file);
  bench_hist_print (&load->first_media, "connect_to_media", file);
  fputc (',', file);
  bench_hist_print (&load->first_keyframe, "connect_to_keyframe", file);
  fputc (',', file);
}

void
load_print_report (Load *load, FILE *file)
{
  static const char *modes[] = { "play", "publish", "connect" };

  if (load->options.mode == LOAD_PLAY) {
    scale_payload (&load->window);
    scale_payload (&load->total);
  }
  fprintf (file,
      "{\"mode\":\"%s\",\"count\":%u,\"active\":%u,\"failed\":%u,\"closed\":%u,"
      "\"first_error\":\"%s\",\"ramp_s\":%.3f,\"seconds\":%.6f,\"generator_cpu_s\":%.3f,",
      modes[load->options.mode], load->options.count, load->n_active, load->n_failed,
      load->n_closed, load->first_error, load->ramp_ns / 1e9,
      (load->window_end_ns - load->window_start_ns) / 1e9, load->own_cpu_s);
  if (load->options.mode == LOAD_PUBLISH) {
    bench_hist_print (&load->late, "late", file);
    fputc (',', file);
  } else {
    print_players (load, file);
  }
  print_counters (&load->window, "window", file);
  fputc (',', file);
  print_counters (&load->total, "total", file);
  fputc (',', file);
  print_server (load, file);
  fputs ("}\n", file);
  fflush (file);
}
