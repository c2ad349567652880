library(testthat)
library(cloakwork)

test_check("cloakwork")
