package dev.howdah.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConversationTest {
    private final Conversation conversation = new Conversation();

    private void sent(String tags) {
        tags.chars().forEach(tag -> conversation.sent((byte) tag));
    }

    @Test
    void isIdleWhenEveryRoundIsAnswered() {
        assertTrue(conversation.idle());
        sent("QQ");
        conversation.ready((byte) 'I');
        assertFalse(conversation.idle());
        conversation.ready((byte) 'I');
        assertTrue(conversation.idle());
    }

    @Test
    void roundWithoutItsSyncIsNotIdle() {
        sent("PBDE");
        assertFalse(conversation.idle());
        sent("S");
        assertFalse(conversation.idle());
        conversation.ready((byte) 'I');
        assertTrue(conversation.idle());
    }

    @Test
    void syncsThatTheServerIgnoresDuringACopyAreNotWaitedFor() {
        sent("PBES");
        conversation.copyInBegan();
        sent("ddc");
        assertFalse(conversation.idle());
        sent("S");
        conversation.ready((byte) 'I');
        assertTrue(conversation.idle());
    }

    @Test
    void copyByQueryEndsWithOneAnswer() {
        sent("Q");
        conversation.copyInBegan();
        sent("ddc");
        assertFalse(conversation.idle());
        conversation.ready((byte) 'I');
        assertTrue(conversation.idle());
    }

    @Test
    void tagsAreRenamedWhereTheyBelong() {
        sent("PBE");
        sent("S");
        conversation.rename(1, "SECOND");
        sent("Q");
        assertEquals(Optional.empty(), conversation.answered());
        conversation.ready((byte) 'I');
        assertEquals(Optional.empty(), conversation.answered());
        assertEquals(Optional.of("SECOND"), conversation.answered());
        conversation.ready((byte) 'I');
        assertFalse(conversation.mayRename());
    }

    @Test
    void renamesOfARoundThatFailedAreForgotten() {
        conversation.rename(0, "NEVER");
        sent("Q");
        conversation.ready((byte) 'E');
        sent("Q");
        assertEquals(Optional.empty(), conversation.answered());
    }
}
