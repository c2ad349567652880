# What each request does once its caller is authenticated.

LARGEST_MEMBERS <- 10000
LARGEST_PAYLOAD <- 1024 * 2^20
LARGEST_NAME <- 100
LARGEST_REASON <- 500
SMALL_BODY <- 4096

# Bytes that the body of a request may have.
body_limit <- function(host, method, path) {
  found <- route_of(method, path)
  if (is.null(found) || method == "GET") {
    return(0)
  }
  live <- if (!is.null(found$parameters$run)) host$runs[[found$parameters$run]]
  switch(found$name,
    run_create = 2^20 + LARGEST_MEMBERS * (64 + 4 * LARGEST_NAME),
    round_start = LARGEST_CONTEXT,
    message_post = if (is.null(live)) SMALL_BODY else live$run$about$payload_size + 64 * live$run$about$neighbours + SMALL_BODY,
    SMALL_BODY
  )
}

# The open run of a request.
open_run <- function(exchange) {
  live <- known_run(exchange)
  if (live$closed) raise("RUN_CLOSED", "the run is closed")
  live
}

known_run <- function(exchange) {
  if (is.null(exchange$live)) raise("NOT_FOUND", paste("there is no run", hex(exchange$run)))
  exchange$live
}

caller <- function(exchange) {
  if (is.null(exchange$member)) raise("UNKNOWN_PARTY", "the caller is not in the roster of this run")
  exchange$member
}

path_number <- function(exchange, name) decimal(exchange$parameters[[name]], name)

decimal <- function(text, name) {
  if (!grepl("^[0-9]{1,15}$", text)) raise("BAD_REQUEST", "must be a whole number below 10^15", name)
  as.numeric(text)
}

wait_seconds <- function(exchange) {
  wait <- exchange$query$wait
  if (is.null(wait)) 0 else min(LONGEST_WAIT, decimal(wait, "wait"))
}

fields_of <- function(body) {
  fields <- json_object(body)
  if (is.null(fields)) raise("BAD_REQUEST", "the body is no JSON object")
  fields
}

field <- function(fields, name, kind) {
  value <- fields[[name]]
  fits <- length(value) == 1L && switch(kind,
    string = is.character(value),
    whole = is.numeric(value) && is.finite(value) && value == floor(value),
    flag = is.logical(value) && !is.na(value)
  )
  if (!fits) raise("BAD_REQUEST", paste("must be there, and a", kind), name)
  value
}

base64_field <- function(fields, name) {
  text <- field(fields, name, "string")
  if (nchar(text) %% 4 != 0 || !grepl("^[A-Za-z0-9+/]*={0,2}$", text)) raise("BAD_REQUEST", "must be base64", name)
  if (nzchar(text)) jsonlite::base64_dec(text) else raw()
}

person_name <- function(value, argument) {
  if (!is.character(value) || length(value) != 1L || !nzchar(trimws(value)) || nchar(value) > LARGEST_NAME || grepl("[[:cntrl:]]", value)) {
    raise("BAD_REQUEST", sprintf("a name is printable text of 1 to %d characters", LARGEST_NAME), argument)
  }
  value
}

json_id <- function(value, argument) {
  if (!is.character(value) || length(value) != 1L || !grepl("^(0|[1-9][0-9]{0,19})$", value) || counter_above(value, "18446744073709551615")) {
    raise("BAD_REQUEST", "a member's id is a string of decimal digits, below 2^64", argument)
  }
  value
}

changing <- list(
  run_create = function(host, exchange) {
    fields <- fields_of(exchange$body)
    settings <- base64_field(fields, "settings")
    run <- cw_run_decode(base64_field(fields, "description"), base64_field(fields, "roster"))
    if (!identical(run_bytes(run, "id"), exchange$run)) raise("BAD_REQUEST", "the description is of another run than the path")
    if (run$about$payload_size > LARGEST_PAYLOAD) {
      raise("TOO_LARGE", "this server takes no vector as long as this run's", bound = LARGEST_PAYLOAD)
    }
    if (run$about$members > LARGEST_MEMBERS) {
      raise("TOO_LARGE", "this server takes no roster as large as this run's", bound = LARGEST_MEMBERS)
    }
    name <- person_name(fields[["name"]], "name")
    names <- vapply(fields[["names"]], person_name, "", argument = "names")
    ids <- vapply(names(names), json_id, "", argument = "names")
    shares <- if (is.null(fields$shares_results)) FALSE else field(fields, "shares_results", "flag")
    made <- list(run = hex(exchange$run), hash = hex(run_bytes(run, "hash")))
    known <- exchange$live
    if (!is.null(known)) {
      same <- identical(run_bytes(known$run, "hash"), run_bytes(run, "hash")) && identical(known$run$settings, settings)
      if (!same || known$name != name) {
        raise("CONFLICT", "there is another run with this id")
      }
      return(answer_json(made))
    }
    if (any(vapply(host$runs, function(other) other$name == name, NA))) {
      raise("CONFLICT", sprintf("there is a run named \"%s\"; choose another name", name), "name")
    }
    if (!setequal(ids, run$ids) || anyDuplicated(ids) || anyDuplicated(names)) {
      raise("INVALID_ROSTER", "every member needs a name, and no two may share one", "names")
    }
    if (!identical(sha256(settings), run$about$settings_hash)) {
      raise("INVALID_RUN", "these are not the settings whose hash the description states", "settings")
    }
    run$settings <- settings
    run$names <- stats::setNames(unname(names), ids)
    live <- live_run(run, name, shares)
    live_invite(live)
    host$runs[[hex(exchange$run)]] <- live
    answer_json(made, 201L)
  },
  run_stop = function(host, exchange) {
    live <- known_run(exchange)
    if (!live$closed) live_close(live)
    answer_json(list(closed = TRUE))
  },
  round_start = function(host, exchange) {
    live <- open_run(exchange)
    listed <- exchange$query$participants
    wanted <- if (!is.null(listed)) {
      chosen <- vapply(strsplit(listed, ",", fixed = TRUE)[[1L]], json_id, "", argument = "participants", USE.NAMES = FALSE)
      unique(chosen[order(nchar(chosen), chosen, method = "radix")])
    }
    number <- path_number(exchange, "round")
    new <- live_start_round(live, number, wanted, exchange$body)
    answer_json(list(round = number), if (new) 201L else 200L)
  },
  round_stop = function(host, exchange) {
    live_stop_round(open_run(exchange), path_number(exchange, "round"))
    answer_json(list(stopped = TRUE))
  },
  message_post = function(host, exchange) {
    live <- open_run(exchange)
    member <- caller(exchange)
    counted <- live_receive(live, member, exchange$body)
    live_heard(live, member)
    answer_json(list(counted = counted))
  },
  refusal_post = function(host, exchange) {
    fields <- fields_of(exchange$body)
    accused <- if (!is.null(fields$accused)) json_id(fields$accused, "accused")
    reason <- substr(gsub("[[:cntrl:]]", " ", field(fields, "reason", "string")), 1L, LARGEST_REASON)
    code <- field(fields, "code", "whole")
    if (code <= 0 || code >= 1000) raise("BAD_REQUEST", "must be the number of an error", "code")
    live_refused(open_run(exchange), caller(exchange), field(fields, "number", "whole"), accused, code, reason)
    answer_json(list(noted = TRUE))
  },
  setup_post = function(host, exchange) answer_json(list(new_setup = live_setup_wanted(open_run(exchange), caller(exchange))))
)

reading <- list(
  status = function(host, exchange) {
    after <- exchange$query$after
    if (is.null(after) || after != version_text(host)) {
      return(answer_json(status_shown(host)))
    }
    changed <- wait_for(host, NULL, wait_seconds(exchange), function() if (after != version_text(host)) answer(200L))
    if (!inherits(changed, "promise")) {
      return(changed)
    }
    promises::then(changed, function(given) {
      # Changes that come close together are shown together.
      if (given$status == 204L) given else later_on(STATUS_PAUSE, function() answer_json(status_shown(host)))
    })
  },
  runs = function(host, exchange) answer_json(list(runs = lapply(unname(rev(host$runs)), run_in_short))),
  run = function(host, exchange) answer_json(run_shown(known_run(exchange))),
  description = function(host, exchange) answer(200L, CBOR, run_bytes(known_run(exchange)$run, "description")),
  roster = function(host, exchange) answer(200L, BYTES, run_bytes(known_run(exchange)$run, "roster")),
  settings = function(host, exchange) answer(200L, BYTES, known_run(exchange)$run$settings),
  message = function(host, exchange) {
    live <- known_run(exchange)
    member <- caller(exchange)
    number <- path_number(exchange, "number")
    live_heard(live, member)
    wait_for(host, live, wait_seconds(exchange), function() {
      found <- live_message(live, member, number)
      if (!is.null(found)) answer(200L, CBOR, found)
    })
  },
  context = function(host, exchange) {
    answer(200L, BYTES, live_context(open_run(exchange), caller(exchange), path_number(exchange, "number")))
  },
  round = function(host, exchange) {
    live <- known_run(exchange)
    number <- path_number(exchange, "round")
    seconds <- wait_seconds(exchange)
    wait_for(host, live, seconds, function() {
      shown <- round_shown(live, number)
      if (seconds == 0 || shown$state == "ended") answer_json(shown)
    })
  },
  result = function(host, exchange) {
    live <- known_run(exchange)
    if (!live$shares_results && !("controller" %in% exchange$roles)) {
      raise("NOT_ALLOWED", "the results of this run are for its controller")
    }
    number <- path_number(exchange, "round")
    round <- round_known(live, number)
    if (is.null(round$result)) {
      reason <- if (is.null(round$outcome)) "it has not ended" else if (round$outcome == 0L) "it is too long ago" else outcome_text(round$outcome)
      raise("CONFLICT", sprintf("round %.0f has no result: %s", number, reason))
    }
    answer(200L, BYTES, round$result)
  }
)

round_known <- function(live, number) {
  if (number < 1 || number > length(live$rounds)) raise("NOT_FOUND", sprintf("there is no round %.0f", number))
  live$rounds[[number]]
}
