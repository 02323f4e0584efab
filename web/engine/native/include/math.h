/* What the kernels use of <math.h>; the browser's own functions compute logarithms and powers. */
#ifndef CHUVIET_WEB_MATH_H
#define CHUVIET_WEB_MATH_H

#define INFINITY __builtin_inff()
#define isnan(x) __builtin_isnan(x)
#define isfinite(x) __builtin_isfinite(x)

__attribute__((import_module("env"), import_name("log"))) double log(double x);
__attribute__((import_module("env"), import_name("exp"))) double exp(double x);

#endif
