/** The virtual database {@code howdah} of the pooled endpoint: PgBouncer's admin console, from statement to rows. */
@NullMarked
package dev.howdah.proxy.console;

import org.jspecify.annotations.NullMarked;
