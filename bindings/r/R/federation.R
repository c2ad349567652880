#' A federation within one session
#'
#' Server, controller and all clients of a run as objects of this session: for simulations, for tests, and to try an analysis before the
#' sites run it over HTTPS. Every message of the protocol is made and checked as between machines; what is missing is that the sites do not
#' trust each other, since here one session holds all their data.
#'
#' @param sites names of the sites, at least 3.
#' @param shape of the contributions: of [cw_shape()], or an example of a value.
#' @param plan of [plan_privacy()], for sums with noise; `NULL` for exact sums.
#' @param ... further arguments of [config_for()] and [run_config()].
#' @param federation a federation.
#' @param values the contribution of each site, by its name; sites without one are away in this round.
#' @param silent sites that fall silent within the round, by name: the message before which each does, `"begin"`, `"survivors"` or `"open"`.
#' @param context raw bytes that every site is given for the round, such as the joint model.
#' @return `local_federation()`: an object of class `cw_federation`. `federation_round()`: an object of class `cw_round`, a list of
#'   `number`, `outcome` (0, or the number of the error for which the round was aborted), `participants` and `survivors` (names of sites)
#'   and `sum` (in the shape of the contributions; `NULL` if the round was aborted). `secure_sum()`: the sum itself; an aborted round is a
#'   [cloakwork_error].
#' @examples
#' hospitals <- local_federation(c("oslo", "turin", "lyon", "porto", "gent"), c(n = 0, age = 0))
#' data <- list(oslo = c(n = 10, age = 612), turin = c(n = 7, age = 401), lyon = c(n = 12, age = 730), porto = c(n = 5, age = 333),
#'   gent = c(n = 9, age = 540))
#' total <- secure_sum(hospitals, data)
#' total[["age"]] / total[["n"]]
#'
#' # One site disappears after it has sent its masked vector: its values are in the sum, or not at all.
#' round <- federation_round(hospitals, data, silent = c(lyon = "open"))
#' round$survivors
#' @export
local_federation <- function(sites, shape, plan = NULL, ...) {
  if (!is.character(sites) || length(sites) < 3L) raise("INVALID_ARGUMENT", "expected the names of at least 3 sites", "sites", bound = 3)
  if (anyNA(sites) || any(sites == "") || anyDuplicated(sites)) raise("INVALID_ROSTER", "each site needs a name of its own", "sites")
  if (!inherits(shape, "cw_shape")) shape <- cw_shape(shape)
  identities <- stats::setNames(lapply(sites, function(site) identity_generate()), sites)
  run <- cw_run(config_for(shape, plan, ...), identities)
  clients <- stats::setNames(lapply(identities, function(identity) cw_client(run, identity)), run$ids)
  server <- cw_server(run)
  server_invite(server)
  play(server, clients, function(id, message) client_answer(clients[[id]], message))
  structure(list(run = run, server = server, clients = clients, sites = stats::setNames(run$ids, sites)), class = "cw_federation")
}

#' @rdname local_federation
#' @export
federation_round <- function(federation, values, silent = character(), context = raw()) {
  of_class(federation, "cw_federation", "federation")
  known <- names(federation$sites)
  if (!is.list(values) || is.null(names(values)) || anyDuplicated(names(values)) || !all(names(values) %in% known)) {
    raise("INVALID_ARGUMENT", paste("expected a list with an element for each of the sites", names_text(known)), "values")
  }
  if (!is.character(silent) || !all(silent %in% c("begin", "survivors", "open")) || !all(names(silent) %in% known) ||
    (length(silent) > 0L && is.null(names(silent)))) {
    raise("INVALID_ARGUMENT", "expected \"begin\", \"survivors\" or \"open\" by name of a site", "silent")
  }
  # Every value is looked at before the round begins.
  checked <- stats::setNames(lapply(names(values), function(site) contribution_of(federation$run, values[[site]], site)), names(values))
  server <- federation$server
  number <- server_begin(server, context, unname(federation$sites[names(checked)]))
  ended <- FALSE
  # Whatever goes wrong here, the next round begins anew.
  on.exit(if (!ended && server_phase(server)$step %in% ROUND_STEPS) server_stop(server))
  gone <- character()
  play(server, federation$clients, function(id, message) {
    site <- known[[match(id, federation$sites)]]
    kind <- message_kind(message)
    if (site %in% gone || identical(unname(silent[site]), kind)) {
      gone <<- union(gone, site)
      return(NULL)
    }
    client <- federation$clients[[id]]
    answer <- client_answer(client, message, context)
    if (kind == "begin") client_mask(client, checked[[site]]) else answer
  })
  round <- finished_round(federation, number)
  ended <- TRUE
  round
}

# What came of the round that the server has taken as far as it goes.
finished_round <- function(federation, number) {
  server <- federation$server
  sum <- NULL
  if (server_phase(server)$step == "sum") {
    sum <- tryCatch(server_sum(server), cloakwork_crypto_error = function(e) NULL, cloakwork_protocol_error = function(e) NULL)
  }
  play(server, federation$clients, function(id, message) client_tell(federation$clients[[id]], message))
  info <- server_info(server)
  names_of <- function(ids) names(federation$sites)[match(ids, federation$sites)]
  structure(
    list(
      number = number, outcome = info$outcome, participants = names_of(info$participants), survivors = names_of(info$survivors), sum = sum
    ),
    class = "cw_round"
  )
}

# A client that fell silent does not know the round; it is none the worse for it.
client_tell <- function(client, message) tryCatch(client_answer(client, message), cloakwork_protocol_error = function(e) NULL)

#' @rdname local_federation
#' @export
secure_sum <- function(federation, values, silent = character(), context = raw()) {
  round <- federation_round(federation, values, silent, context)
  if (round$outcome != 0L) {
    raise(round$outcome, sprintf("round %s has no sum: %s", number_text(round$number), outcome_text(round$outcome)))
  }
  round$sum
}

# The values of a site in the form that is masked, refused by the name of the site.
contribution_of <- function(run, value, site) {
  tryCatch(
    {
      vector <- flatten(run$shape, value)
      if (!all(is.finite(vector))) raise("NOT_FINITE", "holds NA, NaN or an infinite value", "x")
      segments <- run$about$segments
      most <- segments$limit * 2^-segments$fraction
      if (!run_private(run) && any(abs(vector) > most)) {
        raise("OUT_OF_RANGE", "is too large for the bits and fraction bits of the run: the sum could wrap", "x", bound = most)
      }
      value
    },
    cloakwork_error = function(e) raise(e$status, e$text, sub("^x", paste0("values$", site), e$argument), bound = e$bound)
  )
}

# Passes messages until nothing more is due. A step that some do not answer is closed.
play <- function(server, clients, answer) {
  ids <- server$run$ids
  repeat {
    before <- server_phase(server)
    if (before$step == "sum") {
      return(invisible(NULL))
    }
    messages <- lapply(ids, function(id) server_message(server, id))
    for (i in which(!vapply(messages, is.null, NA))) {
      said <- answer(ids[[i]], messages[[i]])
      if (!is.null(said)) server_take(server, ids[[i]], said)
    }
    if (before$step %in% c("idle", "ready", "finished")) {
      return(invisible(NULL))
    }
    if (server_phase(server)$step == before$step && server_phase(server)$pass == before$pass) server_close_step(server)
  }
}

#' @export
print.cw_federation <- function(x, ...) {
  cat("<cw_federation> ", paste(names(x$sites), collapse = ", "), "\n", sep = "")
  print(x$run)
  invisible(x)
}

#' @export
print.cw_round <- function(x, ...) {
  cat(sprintf("<cw_round> %s: %s\n", number_text(x$number), outcome_text(x$outcome)))
  cat("  participants:", x$participants, "\n  survivors:", x$survivors, "\n")
  if (!is.null(x$sum)) print(x$sum)
  invisible(x)
}
