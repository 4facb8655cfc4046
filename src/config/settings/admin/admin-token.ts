/** The source of a token of the admin listener: a file or the environment. */

/** A file overrides the environment, whose variables other programs of the same user can read. */
export type AdminTokenSource =
  | { readonly file: string }
  | { readonly token: string; readonly variable: string };

export const ADMIN_TOKEN_VARIABLE = "TOLLGATE_ADMIN_TOKEN";
export const ADMIN_READ_TOKEN_VARIABLE = "TOLLGATE_ADMIN_READ_TOKEN";

export function adminTokenSource(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  variable = ADMIN_TOKEN_VARIABLE,
): AdminTokenSource | undefined {
  if (file !== undefined) return { file };
  const token = environment[variable];
  return token === undefined || token === "" ? undefined : { token, variable };
}
