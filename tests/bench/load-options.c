/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The load generator's command line.
 */
#include "load.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "rtmp-load play|publish|connect [options]\n"
    "  --host ADDRESS      127.0.0.1\n"
    "  --port N            of the server\n"
    "  --app NAME          live\n"
    "  --key NAME          key of the stream (bench)\n"
    "  --indexed           publish: keys are NAME0, NAME1, ...\n"
    "  --streams N         play: spread over NAME0 .. NAME(N-1)\n"
    "  --count N           connections (1); connect: at the same time\n"
    "  --ramp N            connections being opened at the same time (64)\n"
    "  --ramp-timeout S    go on with those that are there (30)\n"
    "  --warm S            before the measurement (1)\n"
    "  --seconds S         of measurement (5); 0: until SIGTERM\n"
    "  --media FILE        publish: FLV with H.264 and AAC\n"
    "  --chunk-size N      publish (4096)\n"
    "  --speed X           publish: times real time (1); 0: as fast as it goes\n"
    "  --max-bytes N       publish: of each\n"
    "  --sum-every N       play: checksum bodies for each n-th player (16; 0 none)\n"
    "  --parse-every N     play: the others' bytes are only counted (1)\n"
    "  --raw               play: no handshake, no commands (kernel-limit)\n"
    "  --goal answer|media|keyframe   connect (keyframe)\n"
    "  --server-pid N      may be repeated: CPU and memory are reported\n";

enum
{
  OPT_HOST = 256,
  OPT_PORT,
  OPT_APP,
  OPT_KEY,
  OPT_INDEXED,
  OPT_STREAMS,
  OPT_COUNT,
  OPT_RAMP,
  OPT_RAMP_TIMEOUT,
  OPT_WARM,
  OPT_SECONDS,
  OPT_MEDIA,
  OPT_CHUNK_SIZE,
  OPT_SPEED,
  OPT_MAX_BYTES,
  OPT_SUM_EVERY,
  OPT_PARSE_EVERY,
  OPT_RAW,
  OPT_GOAL,
  OPT_SERVER_PID,
};

static const struct option long_options[] = {
  { "host", required_argument, NULL, OPT_HOST },
  { "port", required_argument, NULL, OPT_PORT },
  { "app", required_argument, NULL, OPT_APP },
  { "key", required_argument, NULL, OPT_KEY },
  { "indexed", no_argument, NULL, OPT_INDEXED },
  { "streams", required_argument, NULL, OPT_STREAMS },
  { "count", required_argument, NULL, OPT_COUNT },
  { "ramp", required_argument, NULL, OPT_RAMP },
  { "ramp-timeout", required_argument, NULL, OPT_RAMP_TIMEOUT },
  { "warm", required_argument, NULL, OPT_WARM },
  { "seconds", required_argument, NULL, OPT_SECONDS },
  { "media", required_argument, NULL, OPT_MEDIA },
  { "chunk-size", required_argument, NULL, OPT_CHUNK_SIZE },
  { "speed", required_argument, NULL, OPT_SPEED },
  { "max-bytes", required_argument, NULL, OPT_MAX_BYTES },
  { "sum-every", required_argument, NULL, OPT_SUM_EVERY },
  { "parse-every", required_argument, NULL, OPT_PARSE_EVERY },
  { "raw", no_argument, NULL, OPT_RAW },
  { "goal", required_argument, NULL, OPT_GOAL },
  { "server-pid", required_argument, NULL, OPT_SERVER_PID },
  { NULL, 0, NULL, 0 },
};

static void
set_defaults (LoadOptions *options)
{
  memset (options, 0, sizeof *options);
  options->host = "127.0.0.1";
  options->app = "live";
  options->key = "bench";
  options->streams = 1;
  options->count = 1;
  options->ramp = 64;
  options->ramp_timeout_s = 30;
  options->warm_s = 1;
  options->seconds = 5;
  options->chunk_size = 4096;
  options->speed = 1;
  options->sum_every = 16;
  options->parse_every = 1;
  options->goal = LOAD_GOAL_KEYFRAME;
}

static bool
set_goal (LoadOptions *options, const char *name)
{
  static const char *names[] = { "answer", "media", "keyframe" };

  for (int i = 0; i < 3; i++) {
    if (strcmp (name, names[i]) == 0) {
      options->goal = i;
      return true;
    }
  }
  return false;
}

static bool
set_text (LoadOptions *options, int option, const char *value)
{
  switch (option) {
    case OPT_HOST:
      options->host = value;
      return true;
    case OPT_APP:
      options->app = value;
      return true;
    case OPT_KEY:
      options->key = value;
      return true;
    case OPT_MEDIA:
      options->media_path = value;
      return true;
    case OPT_INDEXED:
      options->indexed = true;
      return true;
    case OPT_RAW:
      options->raw = true;
      return true;
    case OPT_GOAL:
      return set_goal (options, value);
    default:
      return false;
  }
}

static bool
set_number (LoadOptions *options, int option, double value)
{
  switch (option) {
    case OPT_PORT:
      options->port = value;
      break;
    case OPT_STREAMS:
      options->streams = value;
      break;
    case OPT_COUNT:
      options->count = value;
      break;
    case OPT_RAMP:
      options->ramp = value;
      break;
    case OPT_RAMP_TIMEOUT:
      options->ramp_timeout_s = value;
      break;
    case OPT_WARM:
      options->warm_s = value;
      break;
    case OPT_SECONDS:
      options->seconds = value;
      break;
    case OPT_CHUNK_SIZE:
      options->chunk_size = value;
      break;
    case OPT_SPEED:
      options->speed = value;
      break;
    case OPT_MAX_BYTES:
      options->max_bytes = value;
      break;
    case OPT_SUM_EVERY:
      options->sum_every = value;
      break;
    case OPT_PARSE_EVERY:
      options->parse_every = value;
      break;
    case OPT_SERVER_PID:
      if (options->pids.n == BENCH_MAX_PIDS)
        return false;
      options->pids.pids[options->pids.n++] = value;
      break;
    default:
      return false;
  }
  return true;
}

static bool
set_option (LoadOptions *options, int option, const char *value)
{
  char *end;
  double number;

  if (option == '?')
    return false;
  if (set_text (options, option, value))
    return true;
  if (!value)
    return false;
  number = strtod (value, &end);
  return end != value && *end == 0 && number >= 0 && set_number (options, option, number);
}

static bool
set_mode (LoadOptions *options, const char *name)
{
  static const char *names[] = { "play", "publish", "connect" };

  for (int i = 0; name && i < 3; i++) {
    if (strcmp (name, names[i]) == 0) {
      options->mode = i;
      return true;
    }
  }
  return false;
}

bool
load_parse_options (LoadOptions *options, int argc, char **argv)
{
  int option;
  bool ok;

  set_defaults (options);
  ok = set_mode (options, argc > 1 ? argv[1] : NULL);
  while (ok && (option = getopt_long (argc - 1, argv + 1, "", long_options, NULL)) != -1)
    ok = set_option (options, option, optarg);
  if (ok)
    ok = options->port > 0 && options->count > 0 && options->ramp > 0 && options->streams > 0 &&
         options->chunk_size >= 128 && optind == argc - 1 &&
         (options->mode != LOAD_PUBLISH || options->media_path);
  if (!ok)
    fputs (usage, stderr);
  return ok;
}
