import './start.ts';
import { createRoot } from 'react-dom/client';
import './theme.css';
import { localeOf } from '../features/session/index.ts';
import { startI18n } from '../i18n/index.ts';
import { Root } from './root.tsx';

const place = document.getElementById('root');
if (place) {
  const root = createRoot(place);
  void startI18n(localeOf(null)).then(() => root.render(<Root />));
}
