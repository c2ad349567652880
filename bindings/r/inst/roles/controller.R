# A controller that defines a run, starts its rounds one after the other, and prints their sums. See --help.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[[1L]]))
source(file.path(here, "common.R"))

given <- command_line(
  "%prog --url URL --server FINGERPRINT --ca PEM --identity FILE --members FILE --length L --rounds R --invitation FILE",
  list(
    make_option("--url", help = "base URL of the server"),
    make_option("--server", help = "fingerprint of the server"),
    make_option("--ca", help = "PEM file of the authority of its certificate"),
    make_option("--identity", help = "file of the controller's identity"),
    make_option("--members", help = "file of lines: name fingerprint"),
    make_option("--length", type = "integer", help = "values of a contribution"),
    make_option("--rounds", type = "integer", help = "rounds to run"),
    make_option("--suite", type = "integer", default = 2L, help = "1: ChaCha20, 2: AES-128-CTR [default %default]"),
    make_option("--epsilon", type = "double", help = "privacy of all rounds together, for each client; with --delta and --clip"),
    make_option("--delta", type = "double", help = "as --epsilon"),
    make_option("--clip", type = "double", help = "largest L2 norm of a contribution"),
    make_option("--min-inputs", type = "integer", dest = "min_inputs", help = "smallest set whose sum is opened"),
    make_option("--threshold", type = "integer", help = "shares that open a seed"),
    make_option("--step-seconds", type = "integer", dest = "step_seconds", default = 60L, help = "time limit of a step [default %default]"),
    make_option("--invitation", help = "file for the invitation line")
  )
)
need(given, c("url", "server", "ca", "identity", "members", "length", "rounds", "invitation"))
private <- c("epsilon", "delta", "clip") %in% names(given)
if (any(private) && !all(private)) wrong_usage("--epsilon, --delta and --clip belong together")

# Each member's fingerprint by name.
read_members <- function(path) {
  words <- strsplit(trimws(Filter(nzchar, trimws(readLines(path)))), "[[:space:]]+")
  if (!all(lengths(words) == 2L)) stop("--members: each line has a name and a fingerprint")
  stats::setNames(vapply(words, `[[`, "", 2L), vapply(words, `[[`, "", 1L))
}

config_of <- function(count) {
  others <- list(
    suite = given$suite, min_inputs = given$min_inputs, threshold = given$threshold, max_rounds = given$rounds,
    setup_seconds = given$step_seconds, step_seconds = given$step_seconds
  )
  if (!all(private)) {
    return(do.call(run_config, c(list(segment("values", given$length, bits = 40, fraction = 20)), others)))
  }
  plan <- plan_privacy(count, given$length, given$clip, given$epsilon, given$delta, unit = "client", rounds = given$rounds)
  do.call(private_config, c(list(plan), others))
}

write_whole <- function(line, path) {
  aside <- paste0(path, ".new")
  writeLines(line, aside)
  file.rename(aside, path)
}

result_of <- function(round, run) {
  ids <- function(people) I(names(run$names)[match(people, run$names)])
  shown <- list(round = round$number, outcome = round$outcome, participants = ids(round$participants), survivors = ids(round$survivors))
  if (!is.null(round$sum)) shown$sum <- I(as.numeric(sprintf("%.17g", round$sum[[1L]])))
  shown
}

tryCatch(
  {
    members <- read_members(given$members)
    control <- controller(given$url, given$server, given$identity, ca = given$ca)
    name <- paste0("r-", format(Sys.time(), "%H%M%OS6"), "-", Sys.getpid())
    budget <- if (all(private)) privacy_budget(given$epsilon, given$delta, unit = "client")
    run <- run_create(control, name, members, config_of(length(members)), budget = budget)
    write_whole(invitation(run), given$invitation)
    for (number in seq_len(given$rounds)) {
      round <- round_run(run, writeBin(number, raw(), endian = "little"))
      shown <- result_of(round, run$run)
      cat(jsonlite::toJSON(shown, auto_unbox = TRUE, digits = I(17)), "\n", sep = "")
      flush(stdout())
    }
    run_stop(run)
  },
  error = report_and_end
)
