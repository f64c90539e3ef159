/** Who I am in this house. */
import { keepCsrfToken } from '../api/client';
import { me } from '../api/house';
import type { IceServer, Me, Person } from '../api/types';

class Session {
  person = $state.raw<Person | null>(null);
  houseName = $state('Balai');
  iceServers: IceServer[] = [];
  isKnown = $state(false);

  take(answer: Me): void {
    this.person = answer.person;
    this.houseName = answer.house_name;
    this.iceServers = answer.ice_servers;
    keepCsrfToken(answer.csrf_token);
    this.isKnown = true;
  }

  async load(): Promise<void> {
    this.take(await me());
  }
}

export const session = new Session();
