import { Menu, type MenuItemConstructorOptions } from 'electron';

/**
 * macOS needs a menu for copy, paste and quit; the roles bring their own words in the system's language. Elsewhere the window's own
 * actions and shortcuts do everything.
 */
export function installMenu(platform: NodeJS.Platform): void {
  const roles: MenuItemConstructorOptions[] = [{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }];
  Menu.setApplicationMenu(platform === 'darwin' ? Menu.buildFromTemplate(roles) : null);
}
