/** The source of the admin token: a file or the environment. */

/** A file overrides the environment, whose variables other programs of the same user can read. */
export type AdminTokenSource = { readonly file: string } | { readonly token: string };

export const ADMIN_TOKEN_VARIABLE = "TOLLGATE_ADMIN_TOKEN";

export function adminTokenSource(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): AdminTokenSource | undefined {
  if (file !== undefined) return { file };
  const token = environment[ADMIN_TOKEN_VARIABLE];
  return token === undefined || token === "" ? undefined : { token };
}
