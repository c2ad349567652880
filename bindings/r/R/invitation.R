#' Invitations
#'
#' One line that tells a member where a run is, and pins the server and every parameter of the run. It holds no secret, but travels by a
#' channel that the member trusts: whoever changes it on the way could send the member elsewhere.
#'
#' @param text the line.
#' @param handle a run of [run_create()].
#' @return `invitation()`: the line. `read_invitation()`: a list of `url`, `server` (fingerprint), `run` and `hash` (raw bytes).
#' @examples
#' line <- paste0("cloakwork+https://aggregate.example:8443/00112233445566778899aabbccddeeff?server=", fingerprint(identity_generate()),
#'   "&hash=", strrep("0f", 32))
#' read_invitation(line)$url
#' @export
invitation <- function(handle) {
  of_class(handle, "cw_run_handle", "handle")
  connection <- handle$connection
  sprintf(
    "cloakwork+%s/%s?server=%s&hash=%s", connection$url, hex(run_bytes(handle$run, "id")), fingerprint(connection$server),
    hex(run_bytes(handle$run, "hash"))
  )
}

#' @rdname invitation
#' @export
read_invitation <- function(text) {
  text <- trimws(one_text(text, "invitation"))
  pattern <- "^cloakwork\\+(https?://[^/?]+)/([0-9a-f]{32})\\?(.*)$"
  parts <- regmatches(text, regexec(pattern, text))[[1L]]
  fields <- if (length(parts) > 0L) strsplit(parts[[4L]], "&", fixed = TRUE)[[1L]] else character()
  values <- stats::setNames(sub("^[^=]*=", "", fields), sub("=.*$", "", fields))
  if (!identical(sort(names(values)), c("hash", "server")) || !grepl("^[0-9a-f]{64}$", values[["hash"]])) {
    raise("CONFIGURATION", "this is no invitation: expected cloakwork+https://HOST/RUN?server=FINGERPRINT&hash=HASH", "invitation")
  }
  key <- tryCatch(public_key(utils::URLdecode(values[["server"]])), cloakwork_error = function(e) raise(e$status, e$text, "invitation"))
  list(url = base_url(parts[[2L]]), server = fingerprint(key), run = from_hex(parts[[3L]]), hash = from_hex(values[["hash"]]))
}
