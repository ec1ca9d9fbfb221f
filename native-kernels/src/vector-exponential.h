// e^x on vectors. Included behind a vector-*.h.
#pragma once

namespace hearth {
namespace {

// e^x = 2^n * e^r with n = round(x / ln 2) and |r| <= ln 2 / 2, e^r by its Taylor series to r^7: what is left out is
// below 1e-8 of it. 0 below about -104, infinity above about 88.7; a NaN stays one.
inline Vec exponential(Vec x) {
  // Written so that a NaN passes: `smaller` and `larger` return their second argument then.
  x = larger(all(-106.0f), smaller(all(90.0f), x));
  const Vec n = round_to_whole(multiply(x, all(1.44269504f)));
  // ln 2 in two parts, the first of few bits, so that n * part is exact.
  const Vec r = negative_fma(n, all(-2.12194440e-4f), negative_fma(n, all(0.693359375f), x));
  Vec series = fma(r, all(1.0f / 5040), all(1.0f / 720));
  series = fma(series, r, all(1.0f / 120));
  series = fma(series, r, all(1.0f / 24));
  series = fma(series, r, all(1.0f / 6));
  series = fma(series, r, all(0.5f));
  series = fma(series, r, all(1.0f));
  series = fma(series, r, all(1.0f));
  return scale_by_power(series, n);
}

}  // namespace
}  // namespace hearth
