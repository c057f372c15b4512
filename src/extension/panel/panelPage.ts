import { randomBytes } from 'node:crypto';
import { env, Uri, type Webview } from 'vscode';
import { panelTexts, t } from '../window/words.ts';

/** The History panel's page: no data, no inline script, nothing from outside the extension's `dist`. */
export function historyPanelHtml(webview: Webview, dist: Uri): string {
  const nonce = randomBytes(24).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data:`,
    'media-src data:',
  ].join('; ');
  const address = (name: string) => attribute(webview.asWebviewUri(Uri.joinPath(dist, name)).toString());
  return `<!DOCTYPE html>
<html lang="${attribute(env.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<link rel="stylesheet" href="${address('panel.css')}">
<title>${attribute(t('history'))}</title>
</head>
<body>
<div id="root" data-strings="${attribute(JSON.stringify(panelTexts()))}"></div>
<script nonce="${nonce}" src="${address('panel.js')}"></script>
</body>
</html>`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
