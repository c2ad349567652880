#' Plot the trade-off of privacy and accuracy
#'
#' Draws the root mean square error of a value of the sum against epsilon, for the run of a plan and, as the price of having no trusted
#' party, for one party that has all vectors and adds Gaussian noise itself.
#'
#' @param x a plan of [plan_privacy()].
#' @param epsilon the losses at which a plan is made.
#' @param xlab,ylab,main titles.
#' @param ... further arguments of [graphics::plot.default()].
#' @return A data frame of `epsilon`, `total` and `central`, invisibly; `NA` where no plan exists.
#' @examples
#' plan <- plan_privacy(clients = 40, dimension = 12, clip = 1, epsilon = 2, delta = 1e-6)
#' plot(plan, epsilon = c(0.5, 1, 2, 4))
#' @export
plot.cw_plan <- function(x, epsilon = 2^seq(-2, 4), xlab = "epsilon after all rounds",
                         ylab = "error of a value of the sum (RMS)", main = NULL, ...) {
  if (!is.numeric(epsilon) || length(epsilon) < 2L || anyNA(epsilon) || any(epsilon <= 0 | epsilon > 64)) {
    raise("INVALID_ARGUMENT", "expected at least two numbers above 0, at most 64", "epsilon", bound = 64)
  }
  if (is.null(main)) {
    main <- sprintf("%s clients, unit: one %s, delta = %s", number_text(x$clients), x$unit, number_text(x$delta))
  }
  errors <- vapply(epsilon, function(loss) {
    plan <- tryCatch(again(x, loss), cloakwork_privacy_error = function(e) NULL)
    if (is.null(plan)) c(NA, NA) else expected_error(plan)[c("total", "central")]
  }, c(total = 0, central = 0))
  found <- data.frame(epsilon = epsilon, total = errors[1L, ], central = errors[2L, ])
  if (all(is.na(found$total))) raise("INVALID_MECHANISM", "no plan exists for any of these", "epsilon")
  graphics::plot.default(found$epsilon, found$total,
    type = "b", pch = 19, log = "xy", xlab = xlab, ylab = ylab, main = main, ylim = range(unlist(found[-1L]), na.rm = TRUE), ...
  )
  graphics::lines(found$epsilon, found$central, type = "b", pch = 1, lty = 2)
  graphics::points(x$epsilon, expected_error(x)[["total"]], pch = 4, cex = 1.5)
  graphics::legend("topright", c("distributed noise", "one trusted party", "this plan"), pch = c(19, 1, 4), lty = c(1, 2, 0), bty = "n")
  invisible(found)
}

# The same wishes with another epsilon.
again <- function(plan, epsilon) {
  mechanism <- plan$mechanism
  plan_privacy(plan$clients, mechanism$dimension, mechanism$clip, epsilon, plan$delta,
    unit = plan$unit, record_clip = plan$record_clip, neighbours = plan$neighbours, rounds = plan$rounds, honest = mechanism$honest,
    parts = mechanism$parts, clamp = mechanism$clamp, block_log2 = mechanism$block_log2
  )
}
