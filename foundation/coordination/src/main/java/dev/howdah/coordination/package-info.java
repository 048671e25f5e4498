/** Who is where: the port through which jobs share cluster records and member status, and its in-process implementation. */
@NullMarked
package dev.howdah.coordination;

import org.jspecify.annotations.NullMarked;
