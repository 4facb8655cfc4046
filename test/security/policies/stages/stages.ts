/** The stage of each ready policy. */

import type { Stage } from "../stage.ts";
import { CLOUD_STAGES } from "./clouds.ts";
import { DATA_STAGES } from "./data.ts";
import { FILE_STAGES } from "./files.ts";
import { SERVICE_STAGES } from "./services.ts";

export const STAGES: Readonly<Record<string, Stage>> = {
  ...CLOUD_STAGES,
  ...DATA_STAGES,
  ...FILE_STAGES,
  ...SERVICE_STAGES,
};
