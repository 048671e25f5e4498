/** Main methods and wiring; the only place that chooses implementations. */
@NullMarked
package dev.howdah.app;

import org.jspecify.annotations.NullMarked;
