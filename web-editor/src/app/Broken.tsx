import { Alert, Button, Container, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** What is shown where a part of the application broke: the rest goes on. */
function Sorry({ error, again }: { error: Error; again: () => void }) {
  const { t } = useTranslation();
  return (
    <Container size="sm" py="xl">
      <Alert color="red" title={t("app.broken")} icon={<IconAlertTriangle />} role="alert">
        <Stack align="flex-start">
          <Text size="sm">{error.message}</Text>
          <Group>
            <Button size="xs" variant="default" onClick={again}>
              {t("app.again")}
            </Button>
            <Button size="xs" variant="default" component="a" href="/app/">
              {t("app.home")}
            </Button>
          </Group>
        </Stack>
      </Alert>
    </Container>
  );
}

export class Broken extends Component<{ children: ReactNode }, { error: Error | null }> {
  state = { error: null as Error | null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  render() {
    const { error } = this.state;
    return error ? <Sorry error={error} again={() => this.setState({ error: null })} /> : this.props.children;
  }
}
