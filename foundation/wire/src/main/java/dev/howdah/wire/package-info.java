/** PostgreSQL's frontend/backend protocol 3.0 and 3.2 and SCRAM: bytes in, records out; no sockets. */
@NullMarked
package dev.howdah.wire;

import org.jspecify.annotations.NullMarked;
