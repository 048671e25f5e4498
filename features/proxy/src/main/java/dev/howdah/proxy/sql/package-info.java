/** What the proxy must understand of SQL text, and no more. */
@NullMarked
package dev.howdah.proxy.sql;

import org.jspecify.annotations.NullMarked;
