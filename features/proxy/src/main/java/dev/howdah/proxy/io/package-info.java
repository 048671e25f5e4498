/** How bytes come and go: event loops, the engines below them, TLS above them. */
@NullMarked
package dev.howdah.proxy.io;

import org.jspecify.annotations.NullMarked;
