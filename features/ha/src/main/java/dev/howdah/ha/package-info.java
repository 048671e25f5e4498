/** Who is primary and the life of replicas: the node agent and its policy. */
@NullMarked
package dev.howdah.ha;

import org.jspecify.annotations.NullMarked;
