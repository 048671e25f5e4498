/** What pgjdbc cannot do: BASE_BACKUP, replication commands, and the proxy's login to a server. */
@NullMarked
package dev.howdah.client;

import org.jspecify.annotations.NullMarked;
