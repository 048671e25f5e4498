/** Side-by-side benchmarks. */
@NullMarked
package dev.howdah.bench;

import org.jspecify.annotations.NullMarked;
