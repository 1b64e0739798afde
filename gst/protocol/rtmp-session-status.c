/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server's answers: _result, _error, onStatus, and the codes of refusals.
 * Property order is FMS's: Flash-era encoders read by position.
 */
#include "rtmp-session-private.h"

#define FMS_VERSION "FMS/3,5,7,7009"
#define FMS_CAPABILITIES 31

void
rtmp_session_write_result (RtmpSession *session, gdouble transaction, RtmpAmf *value)
{
  if (value == NULL)
    value = rtmp_amf_new_undefined ();
  if (transaction == 0) {
    rtmp_amf_free (value);
    return;
  }
  rtmp_session_write (session, rtmp_command_new (RTMP_CSID_COMMAND, 0, "_result", transaction,
                                   rtmp_amf_new_null (), value, NULL));
}

void
rtmp_session_write_error (
    RtmpSession *session, gdouble transaction, const gchar *code, const gchar *description)
{
  if (transaction == 0)
    return;
  rtmp_session_write (session,
      rtmp_command_new (RTMP_CSID_COMMAND, 0, "_error", transaction, rtmp_amf_new_null (),
          rtmp_status_new ("error", code, description, NULL), NULL));
}

/* What we can do of Enhanced RTMP: so far nothing that has to be announced. */
static void
add_capabilities (RtmpAmf *properties)
{
}

void
rtmp_session_write_connect_result (RtmpSession *session)
{
  RtmpAmf *properties = rtmp_amf_new_object ();
  RtmpAmf *info = rtmp_status_new (
      "status", "NetConnection.Connect.Success", "Connection succeeded.", NULL);
  RtmpAmf *data = rtmp_amf_new_ecma_array ();

  rtmp_amf_set_string (properties, "fmsVer", FMS_VERSION);
  rtmp_amf_set_number (properties, "capabilities", FMS_CAPABILITIES);
  rtmp_amf_set_number (properties, "mode", 1);
  add_capabilities (properties);
  rtmp_amf_set_number (info, "objectEncoding", 0);
  rtmp_amf_set_string (data, "version", "3,5,7,7009");
  rtmp_amf_set (info, "data", data);
  rtmp_session_write (session, rtmp_command_new (RTMP_CSID_COMMAND, 0, "_result",
                                   session->connect_transaction, properties, info, NULL));
}

void
rtmp_session_write_status (RtmpSession *session, guint32 msid, const gchar *level,
    const gchar *code, const gchar *description, const gchar *details)
{
  rtmp_session_write (
      session, rtmp_command_new (RTMP_CSID_STATUS, msid, "onStatus", 0, rtmp_amf_new_null (),
                   rtmp_status_new (level, code, description, details), NULL));
}

void
rtmp_session_write_fc (RtmpSession *session, gdouble transaction, const gchar *name,
    const gchar *code, const gchar *stream)
{
  if (transaction == 0)
    return;
  rtmp_session_write (
      session, rtmp_command_new (RTMP_CSID_COMMAND, 0, name, transaction, rtmp_amf_new_null (),
                   rtmp_status_new ("status", code, stream, NULL), NULL));
}

void
rtmp_session_write_sample_access (RtmpSession *session, guint32 msid)
{
  rtmp_session_write (
      session, rtmp_data_new (msid, 0, "|RtmpSampleAccess", rtmp_amf_new_boolean (TRUE),
                   rtmp_amf_new_boolean (TRUE), NULL));
}

const gchar *
rtmp_refusal_connect_code (RtmpRefusal reason)
{
  switch (reason) {
    case RTMP_REFUSE_INVALID_APP:
    case RTMP_REFUSE_BAD_NAME:
    case RTMP_REFUSE_NOT_FOUND:
      return "NetConnection.Connect.InvalidApp";
    case RTMP_REFUSE_TIMEOUT:
      return "NetConnection.Connect.Failed";
    default:
      return "NetConnection.Connect.Rejected";
  }
}

/* Only codes that OBS and librtmp take for an end, and GStreamer's two where they fit. */
const gchar *
rtmp_refusal_publish_code (RtmpRefusal reason)
{
  switch (reason) {
    case RTMP_REFUSE_BAD_NAME:
    case RTMP_REFUSE_NOT_FOUND:
    case RTMP_REFUSE_INVALID_APP:
      return "NetStream.Publish.BadName";
    case RTMP_REFUSE_DENIED:
      return "NetStream.Publish.Denied";
    default:
      return "NetStream.Publish.Rejected";
  }
}

const gchar *
rtmp_refusal_play_code (RtmpRefusal reason)
{
  switch (reason) {
    case RTMP_REFUSE_BAD_NAME:
    case RTMP_REFUSE_NOT_FOUND:
    case RTMP_REFUSE_INVALID_APP:
      return "NetStream.Play.StreamNotFound";
    default:
      return "NetStream.Play.Failed";
  }
}

const gchar *
rtmp_refusal_description (RtmpRefusal reason)
{
  switch (reason) {
    case RTMP_REFUSE_BAD_NAME:
      return "This name cannot be published to.";
    case RTMP_REFUSE_NOT_FOUND:
      return "Stream not found.";
    case RTMP_REFUSE_DENIED:
      return "Access denied.";
    case RTMP_REFUSE_LIMIT:
      return "Too many clients.";
    case RTMP_REFUSE_UNSUPPORTED:
      return "Codec not supported.";
    case RTMP_REFUSE_INVALID_APP:
      return "Unknown application.";
    case RTMP_REFUSE_TIMEOUT:
      return "No answer in time.";
  }
  return "Refused.";
}
