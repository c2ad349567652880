#' Runs
#'
#' A run is the description that all parties must hold alike, with its roster. Whoever plans it makes it with `cw_run()`; the others read
#' its bytes with `cw_run_decode()`. `config_for()` gives the parameters of a run whose contributions have a [shape][cw_shape()], in one
#' segment, `values`.
#'
#' @param config of [run_config()], [private_config()] or `config_for()`.
#' @param members the members by name: identities, fingerprints or public keys.
#' @param ids id of each member, 64-bit numbers as strings in ascending order; `NULL` for 1, 2, 3, ...
#' @param beacon 32 raw bytes of public randomness that decide a sparse graph, drawn after the roster was fixed; drawn here if `NULL`.
#' @param run_id 16 raw bytes that name the run; drawn if `NULL`.
#' @param description,roster bytes of a run, as `run_bytes()` gives them.
#' @param settings raw bytes of the settings whose hash the description states, where they are known.
#' @param run a run.
#' @param what which bytes.
#' @param shape of [cw_shape()].
#' @param plan of [plan_privacy()], for a run whose sums have noise; `NULL` for exact sums.
#' @param bits,fraction of the segment, see [segment()]; a plan states its own.
#' @param ... further arguments of [run_config()].
#' @return `cw_run()` and `cw_run_decode()`: an object of class `cw_run`. `run_bytes()`: raw bytes. `run_members()`: a data frame of `id`,
#'   `name` and `fingerprint`. `run_neighbours()`: ids.
#' @examples
#' people <- list(oslo = identity_generate(), turin = identity_generate(), lyon = identity_generate())
#' run <- cw_run(config_for(cw_shape(c(n = 0, sum = 0))), lapply(people, fingerprint))
#' run
#' run_members(run)$name
#' same <- cw_run_decode(run_bytes(run, "description"), run_bytes(run, "roster"))
#' identical(run_bytes(same, "hash"), run_bytes(run, "hash"))
#' @export
cw_run <- function(config, members, ids = NULL, beacon = NULL, run_id = NULL) {
  of_class(config, "cw_config", "config")
  keys <- member_keys(members)
  ids <- if (is.null(ids)) as.character(seq_along(keys)) else member_ids(ids, "ids")
  if (length(ids) != length(keys)) raise("INVALID_LENGTH", sprintf("has %d ids for %d members", length(ids), length(keys)), "ids")
  beacon <- if (is.null(beacon)) random_bytes(32) else raw_bytes(beacon, "beacon", 32L)
  run_id <- if (is.null(run_id)) random_bytes(16) else raw_bytes(run_id, "run_id", 16L)
  count <- length(keys)
  numbers <- c(
    config$degree, threshold_for(config, count), min_inputs_for(config, count), config$colluders, config$max_rounds, config$setup_seconds,
    config$step_seconds, config$suite, if (config$recovery) 1 else 0, if (config$recovery) config$max_passes else 0
  )
  field <- function(name, kind) vapply(config$segments, `[[`, kind, name)
  segments <- list(
    field("label", ""), field("length", 0), field("bits", 0), as.double(field("encoding", "") == "fixed"), field("fraction", 0)
  )
  mechanism <- if (!is.null(config$mechanism)) mechanism_arguments(config$mechanism)
  hashes <- list(run_id, beacon, sha256(config$settings))
  handle <- .Call(C_cw_run_new, numbers, hashes, mechanism, segments, ids, unlist(keys, use.names = FALSE))
  made_run(returned(handle), config$settings, stats::setNames(names(keys), ids))
}

#' @rdname cw_run
#' @export
cw_run_decode <- function(description, roster, settings = NULL) {
  handle <- returned(.Call(C_cw_run_decode, raw_bytes(description, "description"), raw_bytes(roster, "roster")))
  made_run(handle, settings, NULL)
}

#' @rdname cw_run
#' @export
config_for <- function(shape, plan = NULL, bits = 40, fraction = 20, ...) {
  of_class(shape, "cw_shape", "shape")
  settings <- shape_settings(shape)
  if (is.null(plan)) {
    return(run_config(segment("values", shape$form$size, bits, fraction), settings = settings, ...))
  }
  of_class(plan, "cw_plan", "plan")
  if (plan$mechanism$dimension != shape$form$size) {
    text <- sprintf("is for %s values, and the shape has %s", number_text(plan$mechanism$dimension), number_text(shape$form$size))
    raise("INVALID_MECHANISM", text, "plan", bound = shape$form$size)
  }
  private_config(plan, label = "values", settings = settings, ...)
}

#' @rdname cw_run
#' @export
run_bytes <- function(run, what = c("description", "roster", "hash", "id")) {
  of_class(run, "cw_run", "run")
  what <- one_of(what, c("description", "roster", "hash", "id"), "what")
  if (what == "id") {
    return(run$about$run_id)
  }
  returned(.Call(C_cw_run_bytes, run$handle, match(what, c("description", "roster", "hash")) - 1L))
}

#' @rdname cw_run
#' @export
run_members <- function(run) {
  of_class(run, "cw_run", "run")
  roster <- matrix(run_bytes(run, "roster"), nrow = 40L)
  names <- unname(run$names[run$ids])
  data.frame(
    id = run$ids, name = if (is.null(run$names)) rep(NA_character_, length(run$ids)) else names,
    fingerprint = apply(roster[9:40, , drop = FALSE], 2L, fingerprint), stringsAsFactors = FALSE
  )
}

#' @rdname cw_run
#' @param id id of a member.
#' @export
run_neighbours <- function(run, id) {
  of_class(run, "cw_run", "run")
  id <- member_id(id, "id")
  returned(.Call(C_cw_run_neighbours, run$handle, id), party = id)
}

made_run <- function(handle, settings, names) {
  about <- returned(.Call(C_cw_run_about, handle))
  if (!is.null(settings) && !identical(sha256(raw_bytes(settings, "settings")), about$settings_hash)) {
    .Call(C_cw_close, handle)
    raise("WRONG_CONTEXT", "these are not the settings whose hash the description states", "settings")
  }
  if (!is.null(about$mechanism)) about$mechanism <- mechanism_from(about$mechanism)
  roster <- returned(.Call(C_cw_run_bytes, handle, 1L))
  starts <- seq.int(1L, length(roster), 40L)
  ids <- vapply(starts, function(start) little_endian(roster[start + 0:7]), "")
  object("cw_run", handle, about = about, settings = settings, shape = settings_shape(settings), ids = ids, names = names)
}

# A 64-bit number in decimal, without passing through a double: base 10^6 digits are exact in doubles.
little_endian <- function(bytes) {
  digits <- c(0, 0, 0, 0)
  for (byte in rev(as.integer(bytes))) {
    carry <- byte
    for (i in 1:4) {
      carry <- digits[[i]] * 256 + carry
      digits[[i]] <- carry %% 1e6
      carry <- carry %/% 1e6
    }
  }
  text <- paste(sprintf("%06d", as.integer(rev(digits))), collapse = "")
  sub("^0+(?=.)", "", text, perl = TRUE)
}

member_keys <- function(members) {
  if (inherits(members, "cw_identity") || !(is.list(members) || is.character(members))) {
    raise("INVALID_ARGUMENT", "expected a named list of identities, fingerprints or public keys", "members")
  }
  labels <- names(members)
  if (is.null(labels) || anyNA(labels) || any(labels == "") || anyDuplicated(labels)) {
    raise("INVALID_ROSTER", "every member needs a name, and no two may share one", "members")
  }
  keys <- lapply(labels, function(label) {
    tryCatch(public_key(members[[label]]), cloakwork_error = function(e) {
      raise(e$status, e$text, paste0("members$", label))
    })
  })
  stats::setNames(keys, labels)
}

# Facts of a run that others need.
run_private <- function(run) !is.null(run$about$mechanism)

run_labels <- function(run) run$about$segments$label

run_number <- function(run, name) {
  run$about$numbers[[match(name, c(
    "degree", "threshold", "min_inputs", "colluders", "max_rounds", "setup_seconds", "step_seconds", "suite", "mode", "max_passes"
  ))]]
}

#' @export
print.cw_run <- function(x, ...) {
  cat("<cw_run> ", hex(x$about$run_id), if (!alive(x)) " (closed)", "\n", sep = "")
  cat(sprintf(
    "  %s members, threshold %s, at least %s inputs, %s bytes a payload\n", number_text(x$about$members),
    number_text(run_number(x, "threshold")), number_text(run_number(x, "min_inputs")), number_text(x$about$payload_size)
  ))
  segments <- x$about$segments
  cat(sprintf("  %s: %s values of %d bits\n", segments$label, vapply(segments$length, number_text, ""), as.integer(segments$bits)), sep = "")
  if (run_private(x)) cat("  with noise:", mechanism_text(x$about$mechanism), "\n")
  invisible(x)
}

# From residues to numbers, by label: doubles for fixed point and for private vectors, raw lanes for residues.
decode_sums <- function(run, residues, rotation_seed) {
  if (run_private(run)) {
    mechanism <- run$about$mechanism
    arguments <- mechanism_arguments(mechanism)
    values <- returned(.Call(
      C_cw_mechanism_decode, arguments[[1L]], arguments[[2L]], as.integer(run$about$segments$bits), as.integer(run_number(run, "suite")),
      rotation_seed, residues[[1L]]
    ))
    return(stats::setNames(list(values), run_labels(run)))
  }
  sums <- lapply(seq_along(residues), function(i) {
    if (run$about$segments$encoding[[i]] == 0) residues[[i]] else returned(.Call(C_cw_run_numbers, run$handle, i - 1L, residues[[i]]))
  })
  stats::setNames(sums, run_labels(run))
}

# The sum in the shape of the run, or by label where it has none.
shaped <- function(run, sums) if (is.null(run$shape)) sums else restore(run$shape, sums[[1L]])
