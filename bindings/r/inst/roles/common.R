# What the three programs share: a wrong command line ends with 2, an error with 1 and one line.

suppressPackageStartupMessages({
  library(cloakwork)
  library(optparse)
})

command_line <- function(usage, options) {
  parser <- OptionParser(usage = usage, option_list = options)
  # optparse stops with an R error; the programs of all hosts end with 2.
  tryCatch(parse_args(parser), error = function(e) wrong_usage(conditionMessage(e)))
}

wrong_usage <- function(text) {
  cat("error:", text, "\n", file = stderr())
  quit(status = 2L)
}

# Refuses a command line without these options.
need <- function(given, names) {
  for (name in names) {
    if (is.null(given[[name]])) wrong_usage(paste0("--", name, " is missing; see --help"))
  }
}

report_and_end <- function(e) {
  cat(gsub("[[:space:]]+", " ", conditionMessage(e)), "\n", file = stderr())
  quit(status = 1L)
}

say <- function(value) {
  cat(jsonlite::toJSON(value, auto_unbox = TRUE, digits = NA, null = "null"), "\n", sep = "")
  flush(stdout())
}
