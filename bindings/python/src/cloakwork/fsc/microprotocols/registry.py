"""The microprotocols that there are, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cloakwork.fsc.computation import Microprotocol
from cloakwork.fsc.microprotocols.kth_element import KthElement
from cloakwork.fsc.microprotocols.minimum_maximum import MinimumMaximum
from cloakwork.fsc.microprotocols.secure_matrix_multiplication import SecureMatrixMultiplication
from cloakwork.fsc.microprotocols.secure_mean import SecureMean
from cloakwork.fsc.microprotocols.secure_median import SecureMedian
from cloakwork.fsc.microprotocols.secure_sum import SecureSum
from cloakwork.fsc.microprotocols.secure_vector_sum import SecureVectorSum
from cloakwork.fsc.microprotocols.set_intersection import SetIntersection
from cloakwork.fsc.microprotocols.set_intersection_size import SetIntersectionSize
from cloakwork.fsc.microprotocols.statistics_bivariate import StatisticsBivariate
from cloakwork.fsc.microprotocols.statistics_contingency import StatisticsContingency
from cloakwork.fsc.microprotocols.statistics_contingency_vertical import StatisticsContingencyVertical
from cloakwork.fsc.microprotocols.statistics_frequency import StatisticsFrequency
from cloakwork.fsc.microprotocols.statistics_kaplan_meier import StatisticsKaplanMeier
from cloakwork.fsc.microprotocols.statistics_log_rank import StatisticsLogRank
from cloakwork.fsc.microprotocols.statistics_quantiles import StatisticsQuantiles
from cloakwork.fsc.microprotocols.statistics_regression_logistic import StatisticsRegressionLogistic
from cloakwork.fsc.microprotocols.statistics_regression_ols_horizontal import StatisticsRegressionOLSHorizontal
from cloakwork.fsc.microprotocols.statistics_regression_ols_vertical import StatisticsRegressionOLSVertical
from cloakwork.fsc.microprotocols.statistics_univariate import StatisticsUnivariate

_ALL: tuple[Microprotocol, ...] = (
    KthElement(),
    MinimumMaximum(),
    SecureMatrixMultiplication(),
    SecureMean(),
    SecureMedian(),
    SecureSum(),
    SecureVectorSum(),
    SetIntersection(),
    SetIntersectionSize(),
    StatisticsBivariate(),
    StatisticsContingency(),
    StatisticsContingencyVertical(),
    StatisticsFrequency(),
    StatisticsKaplanMeier(),
    StatisticsLogRank(),
    StatisticsQuantiles(),
    StatisticsRegressionLogistic(),
    StatisticsRegressionOLSHorizontal(),
    StatisticsRegressionOLSVertical(),
    StatisticsUnivariate(),
)

MICROPROTOCOLS: Mapping[str, Microprotocol] = MappingProxyType({one.name: one for one in _ALL})
