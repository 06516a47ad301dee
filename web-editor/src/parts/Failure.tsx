import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconPlugConnectedX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { OfflineError, ProblemError } from "../api/problem";

/** Says what went wrong and offers to try again. */
export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useTranslation();
  const offline = error instanceof OfflineError;
  const title = offline ? t("parts.offline") : error instanceof ProblemError ? error.problem.title : t("app.broken");
  const detail = offline ? t("app.offline") : error instanceof ProblemError ? error.problem.detail : undefined;
  return (
    <Alert color="red" title={title} icon={offline ? <IconPlugConnectedX /> : <IconAlertTriangle />} role="alert">
      <Stack align="flex-start" gap="sm">
        {detail && <Text size="sm">{detail}</Text>}
        {again && (
          <Button size="xs" variant="default" onClick={again}>
            {t("app.again")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
