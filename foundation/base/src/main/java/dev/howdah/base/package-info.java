/** Values every module shares: no I/O, no dependencies. */
@NullMarked
package dev.howdah.base;

import org.jspecify.annotations.NullMarked;
