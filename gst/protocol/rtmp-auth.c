/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hashes of the authentication dialogues.
 */
#include "rtmp-auth.h"
#include "rtmp-bytes.h"

#define MD5_SIZE 16
#define TOKEN_WORDS_MAX (RTMP_AUTH_TOKEN_MAX / 8)
#define TEA_DELTA 0x9e3779b9u
#define LLNW_NC "00000001"

/* MD5 of the texts up to a NULL. */
static GChecksum *
md5_of (const gchar *text, ...)
{
  GChecksum *md5 = g_checksum_new (G_CHECKSUM_MD5);
  va_list more;

  va_start (more, text);
  for (; text != NULL; text = va_arg (more, const gchar *))
    g_checksum_update (md5, (const guchar *)text, strlen (text));
  va_end (more);
  return md5;
}

/* Takes @md5. */
static gchar *
to_base64 (GChecksum *md5)
{
  guint8 digest[MD5_SIZE];
  gsize size = sizeof digest;

  g_checksum_get_digest (md5, digest, &size);
  g_checksum_free (md5);
  return g_base64_encode (digest, size);
}

/* Takes @md5. */
static gchar *
to_hex (GChecksum *md5)
{
  gchar *hex = g_strdup (g_checksum_get_string (md5));

  g_checksum_free (md5);
  return hex;
}

gchar *
rtmp_auth_adobe_hash (const gchar *user, const gchar *salt, const gchar *password)
{
  return to_base64 (md5_of (user, salt, password, NULL));
}

gchar *
rtmp_auth_adobe_response (const gchar *hash, const gchar *opaque, const gchar *challenge,
    const gchar *client_challenge)
{
  const gchar *server = "";

  if (opaque != NULL && *opaque != '\0')
    server = opaque;
  else if (challenge != NULL)
    server = challenge;
  return to_base64 (md5_of (hash, server, client_challenge, NULL));
}

gchar *
rtmp_auth_adobe_query (const gchar *user, const gchar *client_challenge, const gchar *response,
    const gchar *opaque)
{
  gboolean has_opaque = opaque != NULL && *opaque != '\0';

  return g_strconcat ("?authmod=adobe&user=", user, "&challenge=", client_challenge,
      "&response=", response, has_opaque ? "&opaque=" : NULL, opaque, NULL);
}

gchar *
rtmp_auth_llnw_response (const gchar *user, const gchar *password, const gchar *app,
    const gchar *nonce, const gchar *cnonce)
{
  g_autofree gchar *path = g_strndup (app, strcspn (app, "?"));
  const gchar *instance = strchr (path, '/') != NULL ? "" : "/_definst_";
  g_autofree gchar *h1 = to_hex (md5_of (user, ":live:", password, NULL));
  g_autofree gchar *h2 = to_hex (md5_of ("publish:/", path, instance, NULL));

  return to_hex (md5_of (h1, ":", nonce, ":" LLNW_NC ":", cnonce, ":auth:", h2, NULL));
}

gchar *
rtmp_auth_llnw_query (
    const gchar *user, const gchar *nonce, const gchar *cnonce, const gchar *response)
{
  return g_strconcat ("?authmod=llnw&user=", user, "&nonce=", nonce, "&cnonce=", cnonce,
      "&nc=" LLNW_NC "&response=", response, NULL);
}

/* ---- secureToken: XXTEA on little-endian words ---- */

static void
read_words (const guint8 *bytes, gsize size, guint32 *words, guint n)
{
  guint8 padded[4 * TOKEN_WORDS_MAX] = { 0 };
  guint i;

  memcpy (padded, bytes, size);
  for (i = 0; i < n; i++)
    words[i] = rtmp_get_u32_le (padded + 4 * i);
}

static void
xxtea_decode (guint32 *v, guint n, const guint32 key[4])
{
  guint32 sum = (6 + 52 / n) * TEA_DELTA;

  for (; sum != 0; sum -= TEA_DELTA) {
    guint32 e = (sum >> 2) & 3, y = v[0];
    guint p;

    for (p = n; p-- > 0;) {
      guint32 z = v[p > 0 ? p - 1 : n - 1];

      y = v[p] -=
          ((z >> 5 ^ y << 2) + (y >> 3 ^ z << 4)) ^ ((sum ^ y) + (key[(p & 3) ^ e] ^ z));
    }
  }
}

/* Bytes, or 0 if @hex is not hex. */
static gsize
decode_hex (const gchar *hex, guint8 *bytes)
{
  gsize size = strlen (hex), i;

  if (size % 2 != 0 || size > RTMP_AUTH_TOKEN_MAX)
    return 0;
  for (i = 0; i < size / 2; i++) {
    gint high = g_ascii_xdigit_value (hex[2 * i]);
    gint low = g_ascii_xdigit_value (hex[2 * i + 1]);

    if (high < 0 || low < 0)
      return 0;
    bytes[i] = high << 4 | low;
  }
  return size / 2;
}

gchar *
rtmp_auth_secure_token (const gchar *token, const gchar *challenge)
{
  guint8 bytes[4 * TOKEN_WORDS_MAX + 1] = { 0 };
  gsize size = decode_hex (challenge, bytes);
  guint32 words[TOKEN_WORDS_MAX], key[4];
  guint n = (size + 3) / 4, i;

  /* the cipher mixes neighbours: there must be two words */
  if (n < 2)
    return NULL;
  read_words ((const guint8 *)token, MIN (strlen (token), 16), key, 4);
  read_words (bytes, size, words, n);
  xxtea_decode (words, n, key);
  for (i = 0; i < n; i++)
    rtmp_put_u32_le (bytes + 4 * i, words[i]);
  bytes[4 * n] = 0;
  return g_strdup ((const gchar *)bytes);
}
