/** One real PostgreSQL server: binaries, initdb, configuration, start, stop, promotion, adoption, JDBC over its socket. */
@NullMarked
package dev.howdah.postgres;

import org.jspecify.annotations.NullMarked;
