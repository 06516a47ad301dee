type Say = (key: string, o?: Record<string, unknown>) => string;

/** Why a walk ended, in words. */
export function reasonName(reason: string, t: Say): string {
  const [kind, value] = reason.split(":");
  if (kind === "error" && value)
    return t("canvas.link.error", { reason: t(`canvas.reason.${value}`, { defaultValue: value }) });
  if (kind === "ivr") return t("canvas.link.ivr", { key: value });
  return t(`campaign.reason.${reason}`, { defaultValue: t(`canvas.status.${reason}`, { defaultValue: reason }) });
}
