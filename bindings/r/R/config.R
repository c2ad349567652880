#' Parameters of a run
#'
#' `segment()` states one vector of a contribution, with a bit width and masks of its own; `run_config()` everything on which the parties of
#' a run agree beside its members; `private_config()` the same for a run whose sums have noise. `docs/protocol.md`, section 2, has the
#' bounds.
#'
#' @param label name of the segment: 1 to 32 characters of `a-z 0-9 _ . -`.
#' @param length number of values, 1 to 2^31.
#' @param bits width of a residue, 1 to 128; sums are taken mod 2^bits.
#' @param fraction fraction bits, -64 to 120: a value x is the integer nearest to x * 2^fraction. Its magnitude may be at most
#'   floor((2^(bits - 1) - 1) / members), so that no sum wraps; a larger one is refused.
#' @param encoding `"fixed"` for numbers in fixed point, `"residues"` for residues that are given as raw bytes and whose sums wrap.
#' @param ... segments, 1 to 8; for `private_config()` further arguments of `run_config()`.
#' @param suite 1: ChaCha20 masks, for runs with microcontrollers; 2: AES-128-CTR masks, for machines with AES instructions.
#' @param recovery whether a round survives dropouts. Without it a round needs the message of every participant.
#' @param degree neighbours of each member: 0 for everybody, which suits up to 100 members, else even; see [plan_graph()].
#' @param threshold shares that open a seed, with 2 * threshold > neighbours + colluders; `NULL` for the smallest that serves.
#' @param min_inputs the smallest set whose sum may be opened; `NULL` for more than half of the members.
#' @param colluders how many of the neighbours of any member are assumed to collude with the server.
#' @param max_passes how often the surviving set may shrink in a round, 1 to 255.
#' @param max_rounds rounds of the run.
#' @param setup_seconds,step_seconds time limit of each step of set-up and of a round, 1 to 604800.
#' @param settings raw bytes: whatever else the parties agree on. Their SHA-256 is part of the run.
#' @param plan of [plan_privacy()].
#' @return Objects of class `cw_segment` and `cw_config`.
#' @examples
#' run_config(segment("means", 12, bits = 48, fraction = 24), segment("count", 1, bits = 32, fraction = 0))
#' @export
run_config <- function(..., suite = 2, recovery = TRUE, degree = 0, threshold = NULL, min_inputs = NULL, colluders = 1, max_passes = 3,
                       max_rounds = 1000, setup_seconds = 60, step_seconds = 60, settings = raw()) {
  make_config(list(...), NULL,
    suite = suite, recovery = recovery, degree = degree, threshold = threshold, min_inputs = min_inputs, colluders = colluders,
    max_passes = max_passes, max_rounds = max_rounds, setup_seconds = setup_seconds, step_seconds = step_seconds, settings = settings
  )
}

#' @rdname run_config
#' @export
private_config <- function(plan, label = "vector", ...) {
  of_class(plan, "cw_plan", "plan")
  config <- run_config(segment(label, mechanism_facts(plan$mechanism)$padded, plan$bits, encoding = "residues"), ...)
  config$mechanism <- plan$mechanism
  config
}

#' @rdname run_config
#' @export
segment <- function(label, length, bits = 40, fraction = 20, encoding = c("fixed", "residues")) {
  encoding <- one_of(encoding, c("fixed", "residues"), "encoding")
  label <- one_text(label, "label")
  if (!grepl("^[a-z0-9_.-]{1,32}$", label)) raise("INVALID_RUN", "a label has 1 to 32 characters of a-z 0-9 _ . -", "label")
  fraction <- if (encoding == "residues") 0 else whole_number(fraction, "fraction", -64, 120)
  structure(
    list(
      label = label, length = whole_number(length, "length", 1, 2^31), bits = whole_number(bits, "bits", 1, 128), encoding = encoding,
      fraction = fraction
    ),
    class = "cw_segment"
  )
}

make_config <- function(segments, mechanism, suite, recovery, degree, threshold, min_inputs, colluders, max_passes, max_rounds,
                        setup_seconds, step_seconds, settings) {
  if (length(segments) < 1L || length(segments) > 8L) raise("INVALID_RUN", "a run has 1 to 8 segments", "...", bound = 8)
  for (part in segments) of_class(part, "cw_segment", "...")
  labels <- vapply(segments, `[[`, "", "label")
  if (anyDuplicated(labels)) raise("INVALID_RUN", "no two segments share a label", "...")
  most <- 2^32 - 1
  or_null <- function(x, argument) if (is.null(x)) NULL else whole_number(x, argument, 0, most)
  structure(
    list(
      segments = segments, mechanism = mechanism, suite = whole_number(suite, "suite", 1, 2), recovery = one_flag(recovery, "recovery"),
      degree = whole_number(degree, "degree", 0, most), threshold = or_null(threshold, "threshold"),
      min_inputs = or_null(min_inputs, "min_inputs"), colluders = whole_number(colluders, "colluders", 0, most),
      max_passes = whole_number(max_passes, "max_passes", 1, 255), max_rounds = whole_number(max_rounds, "max_rounds", 1, most),
      setup_seconds = whole_number(setup_seconds, "setup_seconds", 1, 604800),
      step_seconds = whole_number(step_seconds, "step_seconds", 1, 604800), settings = raw_bytes(settings, "settings")
    ),
    class = "cw_config"
  )
}

# The threshold in a run of so many members; 0 without recovery.
threshold_for <- function(config, members) {
  if (!config$recovery) {
    return(0)
  }
  if (!is.null(config$threshold)) {
    return(config$threshold)
  }
  neighbours <- if (config$degree > 0) config$degree else members - 1
  least <- (neighbours + config$colluders) %/% 2 + 1
  if (is.null(config$mechanism)) {
    return(least)
  }
  # Every sum then holds the noise of the mechanism's honest clients (docs/protocol.md, section 11).
  honest <- config$mechanism$honest
  needed <- if (config$degree > 0) (honest + neighbours + config$colluders) %/% 2 else honest + config$colluders - 1
  min(neighbours, max(least, needed))
}

min_inputs_for <- function(config, members) {
  if (!is.null(config$min_inputs)) {
    return(config$min_inputs)
  }
  honest <- if (is.null(config$mechanism)) 0 else config$mechanism$honest
  min(members, max(members %/% 2 + 1, if (config$recovery) 2 else config$colluders + 2, honest + config$colluders))
}

#' Degree of a sparse graph
#'
#' The smallest number of neighbours, with its threshold, for statistical security 2^-40 and correctness 2^-20 over a whole run (Bell et
#' al., CCS 2020, section 3.3). A run of up to 100 members uses the complete graph instead.
#'
#' @param members number of members, at least 3.
#' @param corrupt fraction of members that collude with the server: from 0, below 1.
#' @param dropout fraction of members that drop out in a round: from 0, below 1.
#' @param rounds rounds of the run.
#' @param adversary `"semi-malicious"`: the server may choose whom it tells what after the graph is fixed; `"semi-honest"`: it may not.
#' @return A named vector of `degree` and `threshold`.
#' @examples
#' plan_graph(10000, corrupt = 0.05, dropout = 0.05, rounds = 100)
#' @export
plan_graph <- function(members, corrupt, dropout, rounds, adversary = c("semi-malicious", "semi-honest")) {
  adversary <- one_of(adversary, c("semi-malicious", "semi-honest"), "adversary")
  numbers <- c(
    whole_number(members, "members", 3, 2^32 - 1), one_number(corrupt, "corrupt"), one_number(dropout, "dropout"),
    whole_number(rounds, "rounds", 1, 2^32 - 1), if (adversary == "semi-honest") 0 else 1
  )
  stats::setNames(returned(.Call(C_cw_plan_graph, numbers)), c("degree", "threshold"))
}

#' @export
print.cw_config <- function(x, ...) {
  cat("<cw_config> suite ", x$suite, if (x$recovery) ", with recovery" else ", without recovery", ", ", x$max_rounds, " rounds\n", sep = "")
  for (part in x$segments) {
    form <- if (part$encoding == "fixed") sprintf("fixed point with %d fraction bits", as.integer(part$fraction)) else "residues"
    cat(sprintf("  %s: %s values of %d bits, %s\n", part$label, number_text(part$length), as.integer(part$bits), form))
  }
  if (!is.null(x$mechanism)) cat("  with noise:", mechanism_text(x$mechanism), "\n")
  invisible(x)
}
