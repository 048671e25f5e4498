/** The one way in: accepts clients, proves who they are, finds their server and relays. */
@NullMarked
package dev.howdah.proxy;

import org.jspecify.annotations.NullMarked;
