# The requests of docs/http.md: who may make them, and what goes in and comes out.

JSON <- "application/json"
CBOR <- "application/cbor"
BYTES <- "application/octet-stream"
PROBLEM <- "application/problem+json"

# A server waits no longer before it answers 204: proxies commonly cut a silent connection after 60 s.
LONGEST_WAIT <- 50
STATUS_PAUSE <- 0.25

route <- function(method, path, roles, request = NULL) list(method = method, path = path, roles = roles, request = request)

EITHER <- c("member", "controller")

routes <- list(
  health = route("GET", "/v1/health", "anyone"),
  status = route("GET", "/v1/status", "controller"),
  runs = route("GET", "/v1/runs", "controller"),
  run_create = route("PUT", "/v1/runs/{run}", "controller", JSON),
  run = route("GET", "/v1/runs/{run}", EITHER),
  run_stop = route("POST", "/v1/runs/{run}/stop", "controller"),
  description = route("GET", "/v1/runs/{run}/description", EITHER),
  roster = route("GET", "/v1/runs/{run}/roster", EITHER),
  settings = route("GET", "/v1/runs/{run}/settings", EITHER),
  message = route("GET", "/v1/runs/{run}/messages/{number}", "member"),
  context = route("GET", "/v1/runs/{run}/messages/{number}/context", "member"),
  message_post = route("POST", "/v1/runs/{run}/messages", "member", CBOR),
  refusal_post = route("POST", "/v1/runs/{run}/refusals", "member", JSON),
  setup_post = route("POST", "/v1/runs/{run}/setup", "member", JSON),
  round_start = route("PUT", "/v1/runs/{run}/rounds/{round}", "controller", BYTES),
  round = route("GET", "/v1/runs/{run}/rounds/{round}", EITHER),
  result = route("GET", "/v1/runs/{run}/rounds/{round}/result", EITHER),
  round_stop = route("POST", "/v1/runs/{run}/rounds/{round}/stop", "controller")
)

# Path and query of a request, as they stand in its first line. Nothing in them needs escaping.
target <- function(name, query = list(), ...) {
  path <- routes[[name]]$path
  parameters <- list(...)
  for (field in names(parameters)) path <- sub(paste0("{", field, "}"), parameters[[field]], path, fixed = TRUE)
  list(path = path, query = paste(names(query), unlist(query), sep = "=", collapse = "&"))
}

# The HTTP status under which an error travels.
http_status <- function(status) {
  exact <- c(
    "801" = 400L, "802" = 401L, "803" = 403L, "804" = 404L, "805" = 409L, "806" = 409L, "807" = 413L, "808" = 408L, "809" = 410L,
    "816" = 410L, "810" = 503L, "811" = 503L, "513" = 403L, "507" = 403L
  )
  # Arguments, numbers, encodings and cryptography blame the request; the protocol, its present state; parameters and privacy, their values.
  by_group <- c(400L, 400L, 400L, 400L, 409L, 422L, 422L)
  found <- exact[as.character(status)]
  if (!is.na(found)) {
    return(unname(found))
  }
  group <- status %/% 100L
  if (group >= 1L && group <= 7L) by_group[[group]] else 500L
}

json_bytes <- function(value) charToRaw(enc2utf8(as.character(jsonlite::toJSON(value, auto_unbox = TRUE, null = "null", digits = NA))))

# JSON that came from outside: an object as a list, or NULL.
json_object <- function(bytes) {
  text <- utf8_text(bytes)
  if (!validUTF8(text)) {
    return(NULL)
  }
  value <- tryCatch(jsonlite::parse_json(text), error = function(e) NULL)
  if (is.list(value) && (length(value) == 0L || !is.null(names(value)))) value else NULL
}

problem_encode <- function(error) {
  number <- function(x) if (is.null(x) || !is.finite(x)) NULL else x
  body <- list(
    type = "about:blank", title = error$name, status = http_status(error$status), detail = error$text, code = error$status,
    argument = error$argument, party = error$party, bound = number(error$bound), `next` = error$next_number,
    last_counter = error$last_counter
  )
  json_bytes(body[!vapply(body, is.null, NA)])
}

# The condition in the body of an error; a body that is none gives one that states the HTTP status.
problem_decode <- function(body, status) {
  fields <- json_object(body)
  whole <- function(x) is.numeric(x) && length(x) == 1L && is.finite(x) && x == floor(x)
  text <- function(x) if (is.character(x) && length(x) == 1L) x
  if (is.null(fields) || !whole(fields$code) || fields$code < 100 || fields$code > 999 || is.null(text(fields$detail))) {
    return(cloakwork_condition(
      statuses[["BAD_REQUEST"]], sprintf("the server answered with HTTP status %d and no readable reason", as.integer(status))
    ))
  }
  cloakwork_condition(fields$code, fields$detail,
    argument = text(fields$argument), party = text(fields$party), bound = if (is.numeric(fields$bound)) fields$bound,
    next_number = if (whole(fields[["next"]])) fields[["next"]], last_counter = text(fields$last_counter)
  )
}
