/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /proc and limits: see the header.
 */
#include "bench-proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static FILE *
open_proc (int pid, const char *name)
{
  char path[96];

  snprintf (path, sizeof path, "/proc/%d/%s", pid, name);
  return fopen (path, "r");
}

static void
add_cpu (int pid, BenchUsage *usage)
{
  unsigned long user, system, threads;
  char line[1024], *p;
  FILE *file = open_proc (pid, "stat");

  if (!file)
    return;
  /* the command's name may hold anything: fields are counted from its end */
  if (fgets (line, sizeof line, file) && (p = strrchr (line, ')')) &&
      sscanf (p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %lu",
          &user, &system, &threads) == 3) {
    double ticks = sysconf (_SC_CLK_TCK);

    usage->user_s += user / ticks;
    usage->system_s += system / ticks;
    usage->threads += threads;
  }
  fclose (file);
}

static uint64_t
read_field (int pid, const char *name, const char *field)
{
  char line[256];
  unsigned long value = 0;
  size_t size = strlen (field);
  FILE *file = open_proc (pid, name);

  while (file && fgets (line, sizeof line, file))
    if (strncmp (line, field, size) == 0 && sscanf (line + size, "%lu", &value) == 1)
      break;
  if (file)
    fclose (file);
  return value;
}

static void
add_run_time (int pid, BenchUsage *usage)
{
  unsigned long long ns;
  char path[64], name[48];
  struct dirent *entry;
  FILE *file;
  DIR *dir;

  snprintf (path, sizeof path, "/proc/%d/task", pid);
  dir = opendir (path);
  while (dir && (entry = readdir (dir))) {
    snprintf (name, sizeof name, "task/%d/schedstat", atoi (entry->d_name));
    file = entry->d_name[0] == '.' ? NULL : open_proc (pid, name);
    if (file && fscanf (file, "%llu", &ns) == 1)
      usage->run_s += ns / 1e9;
    if (file)
      fclose (file);
  }
  if (dir)
    closedir (dir);
}

void
bench_usage_read (const BenchPids *pids, BenchUsage *usage)
{
  memset (usage, 0, sizeof *usage);
  for (unsigned int i = 0; i < pids->n; i++) {
    add_cpu (pids->pids[i], usage);
    add_run_time (pids->pids[i], usage);
    usage->rss_kib += read_field (pids->pids[i], "status", "VmRSS:");
    usage->pss_kib += read_field (pids->pids[i], "smaps_rollup", "Pss:");
  }
}

uint64_t
bench_own_cpu_us (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ull + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

bool
bench_need_descriptors (uint64_t n)
{
  struct rlimit limit, wanted;

  getrlimit (RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= n)
    return true;
  wanted.rlim_cur = n;
  wanted.rlim_max = limit.rlim_max >= n ? limit.rlim_max : n;
  if (setrlimit (RLIMIT_NOFILE, &wanted) == 0)
    return true;
  fprintf (stderr,
      "%llu descriptors are needed and the limit is %llu (hard %llu): run as root, or raise it "
      "with `ulimit -Hn` or /etc/security/limits.conf\n",
      (unsigned long long)n, (unsigned long long)limit.rlim_cur,
      (unsigned long long)limit.rlim_max);
  return false;
}
