/** The text inside the content of a result, whatever else is there. */

import { z } from "zod";

const Content = z.array(z.looseObject({ text: z.string().optional() }));

export function textOf(content: unknown): string {
  return Content.parse(content)
    .flatMap((block) => block.text ?? [])
    .join("\n");
}
