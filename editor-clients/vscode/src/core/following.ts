/** Whether the chat goes with the branch, as people read it. */
import type { Following, Shown } from "./bridge";

export interface FollowingLine {
  readonly words: string;
  readonly offer: string;
}

/** Undefined while the chat goes with the branch, and where the question does not arise. */
export function followingLine(
  shown: Shown | undefined,
  following: Following | undefined,
): FollowingLine | undefined {
  if (shown === undefined || following === undefined || following.isFollowing) return undefined;
  const { branch, why } = following;
  const isElsewhere = branch !== undefined && branch !== shown.task;
  if (why === "setting")
    return isElsewhere
      ? { words: `This chat is of ${shown.task}; the branch is ${branch} now.`, offer: "Open its session" }
      : undefined;
  const words = isElsewhere
    ? `You chose this session of ${shown.task}: the chat does not follow the branch, which is ${branch} now.`
    : "You chose this session: the chat does not follow the branch.";
  return { words, offer: "Follow the branch" };
}
