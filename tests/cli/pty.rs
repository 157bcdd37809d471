//! A pseudo-terminal with somebody before it; shared by the tests and the figures.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read as _, Write as _},
    num::NonZeroU16,
    process::Command,
    sync::mpsc::{self, Receiver},
    thread,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

pub(crate) struct Pty {
    hand: File,
    /// The end that programs have; held here so that the terminal outlives them.
    pub(crate) slave: File,
    /// What programs write, as it comes.
    pub(crate) shows: Receiver<Vec<u8>>,
    /// What that looks like, as far as it was taken in.
    pub(crate) screen: vt100::Parser,
}

impl Pty {
    pub(crate) fn open(columns: u16, rows: u16) -> io::Result<Self> {
        // A program that inherited it would keep its own terminal from ever going away.
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let name = name.to_str().map_err(io::Error::other)?.to_owned();
        let slave = File::options().read(true).write(true).open(name)?;
        let hand = File::from(master);
        let (sender, shows) = mpsc::channel();
        let mut eye = hand.try_clone()?;
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = eye.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut pty = Self {
            hand,
            slave,
            shows,
            screen: vt100::Parser::new(NonZeroU16::MIN, NonZeroU16::MIN, 0),
        };
        pty.resize(columns, rows)?;
        Ok(pty)
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> io::Result<()> {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.hand, size)?;
        let cells = |count| NonZeroU16::new(count).ok_or(io::ErrorKind::InvalidInput);
        self.screen.set_size(cells(rows)?, cells(columns)?);
        Ok(())
    }

    /// A program that has this terminal as its own, as after a login. It is the very process that is
    /// spawned: `setsid` becomes it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the program is started as a terminal does, without a supervisor between"
    )]
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> io::Result<Command> {
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(program);
        command.stdin(self.slave.try_clone()?);
        command.stdout(self.slave.try_clone()?);
        command.stderr(self.slave.try_clone()?);
        Ok(command)
    }

    pub(crate) fn press(&mut self, keys: &str) -> io::Result<()> {
        self.hand.write_all(keys.as_bytes())
    }

    /// Takes in all that was written until now.
    pub(crate) fn look(&mut self) -> String {
        while let Ok(bytes) = self.shows.try_recv() {
            self.screen.process(&bytes);
        }
        self.screen.screen().contents()
    }
}
